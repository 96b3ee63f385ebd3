import { fromHex, messageOf, SiteId } from '@tieline/kernel';
import type { Action } from '@tieline/protocol';
import { z } from 'zod';
import { signOrder } from '../../deployment/sign-order.ts';
import { clock } from '../clock.ts';
import { Controlled, Duration, MagnitudeKw, Name, PowerKw } from '../values.ts';
import type { EventKind, Stage } from './event-kind.ts';
import { checkAsset, itsSite } from './of-a-site.ts';

const shape = z
  .strictObject({
    name: Name.describe('By which an expectation speaks of it.'),
    site: SiteId,
    asset: Controlled.default('battery'),
    kw: PowerKw.describe(
      'Positive into the grid; for PV the most that it may give, for cars, negative, the most that they may draw.',
    ),
    for: Duration,
    rampKwPerS: z.exactOptional(MagnitudeKw.min(0.001)),
    beginWithin: z.exactOptional(Duration.describe('After it was signed; an hour, if left out.')),
    supersedes: z.exactOptional(Name.describe('An earlier order that it takes the place of.')),
  })
  .describe('The operator signs an order for one asset, and the control plane takes it.');

export const order = {
  shape,
  sites: itsSite,
  words: ({ name, site, asset, kw, for: validForMs }) =>
    `order ${name}: ${asset} of ${site} to ${kw} kW for ${clock(validForMs)}`,
  check: checkAsset,
  copy: (given, k) => ({ ...given, name: `${given.name}-${k}` }),
  perform: async (given, stage, atMs) => {
    const { orders, run } = stage;
    if (run.control === null) {
      const refused = 'the control plane does not run';
      orders.set(given.name, { atMs, command: null, refused });
      return;
    }
    try {
      const { commands } = await run.control.submitOrder(signed(given, stage));
      const [command] = commands;
      orders.set(given.name, { atMs, command: command?.id ?? null, refused: 'no command' });
    } catch (thrown) {
      orders.set(given.name, { atMs, command: null, refused: messageOf(thrown) });
    }
  },
} satisfies EventKind<typeof shape>;

function signed(
  { name, site, asset, kw, for: validForMs, ...more }: z.output<typeof shape>,
  { name: scenario, simulated, run: { provisioned, world }, ids, orders }: Stage,
): Uint8Array {
  const policy = simulated.sites.find(({ plant }) => plant.site === site)?.policy;
  const { rampKwPerS, beginWithin, supersedes = '' } = more;
  const superseded = fromHex(orders.get(supersedes)?.command ?? '');
  const ramp = rampKwPerS ?? policy?.assets.find((one) => one.asset === asset)?.rampKwPerS ?? 1;
  const action: Action = {
    ...{ type: 'setpoint', asset, activePowerKw: kw, rampKwPerS: ramp, rampOutKwPerS: ramp },
    ...{ startWithinMs: 0, validForMs, revert: { to: 'local' }, priority: 0 },
    ...(superseded === null || superseded.length === 0 ? {} : { supersedes: superseded }),
  };
  return signOrder({
    id: ids.bytes(16),
    site,
    actions: [action],
    reason: `scenario ${scenario}, order ${name}`,
    anchor: provisioned.trust.anchor,
    key: provisioned.operator,
    nowS: Math.floor(world.wallMs() / 1_000),
    ...(beginWithin === undefined ? {} : { windowS: Math.ceil(beginWithin / 1_000) }),
  });
}
