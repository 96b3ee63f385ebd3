import { SiteId } from '@tieline/kernel';
import { Action, type Assumptions, OrderClass, OrderTarget } from '@tieline/protocol';
import { z } from 'zod';
import { Facts, HexDigest, HexId, WallMs } from './shapes.ts';

/** Drafts, previews and commands. */

const [Setpoint, Limit, ChargeTarget, Mode, Switch, Tap, Cede] = Action.options;

/** The actions of the wire with ids as hex. Powers in kW, positive into the grid; durations in ms. */
const JsonAction = z
  .discriminatedUnion('type', [
    Setpoint.extend({ supersedes: z.exactOptional(HexId) }),
    Limit,
    ChargeTarget,
    Mode,
    Switch,
    Tap,
    Cede.extend({ command: HexId }),
  ])
  .meta({ id: 'Action' });
type JsonAction = z.output<typeof JsonAction>;
export const JsonActions = z.array(JsonAction).min(1).max(32);

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

export function actionFrom(json: JsonAction): Action {
  if (json.type === 'cede') return { ...json, command: unhex(json.command) };
  if (json.type !== 'setpoint') return json;
  const { supersedes, ...rest } = json;
  return supersedes === undefined ? rest : { ...rest, supersedes: unhex(supersedes) };
}

const JsonAssumptions = OrderTarget.shape.assumes.extend({ topology: z.exactOptional(HexDigest) });

export function assumptionsFrom(json: z.output<typeof JsonAssumptions>): Assumptions {
  const { topology, ...rest } = json;
  return topology === undefined ? rest : { ...rest, topology: unhex(topology) };
}

export const DraftBody = z
  .strictObject({
    class: OrderClass,
    targets: z
      .array(
        z.strictObject({
          site: SiteId,
          actions: JsonActions,
          assumes: z.exactOptional(JsonAssumptions),
        }),
      )
      .min(1)
      .max(64),
    notBefore: z.exactOptional(z.int().min(0).describe('Unix time, s')),
    notAfter: z.exactOptional(z.int().min(0).describe('Unix time, s')),
    reason: z.string().min(1).max(500),
  })
  .meta({ id: 'Draft' });

export const CommandState = z.enum([
  'queued',
  'offered',
  'unknown',
  'refused',
  'accepted',
  'scheduled',
  'active',
  'clipped',
  'confirmed',
  'completed',
  'superseded',
  'cancelled',
  'expired',
  'reverted',
  'overridden',
  'failed',
]);

export const CommandAnswer = z
  .strictObject({
    id: HexId,
    site: SiteId,
    state: CommandState.describe('unknown is neither success nor failure'),
    confirmedBy: z
      .enum(['device', 'meter'])
      .nullable()
      .describe('device: read back; meter: measured'),
    clipped: z
      .strictObject({ by: z.string(), toKw: z.number() })
      .nullable()
      .describe('what a limit has left of it; what was confirmed is that'),
    final: z.boolean().describe('nothing more is expected; a late receipt may still correct it'),
    detail: z.string().nullable(),
    order: HexId.nullable(),
    basis: z.enum(['order', 'plan']),
    actions: z.array(z.looseObject({ type: z.string() })),
    reason: z.string(),
    createdWallMs: WallMs,
    notBeforeWallMs: WallMs,
    notAfterWallMs: WallMs,
  })
  .meta({ id: 'Command' });

export const CommandDetailAnswer = CommandAnswer.extend({
  offers: z.array(
    z.strictObject({
      cti: HexId,
      command: HexId,
      sess: HexId,
      generation: z.int().describe('which of the disks that the site has had; from 0'),
      epoch: z.int(),
      seq: z.int(),
      messageDigest: HexDigest,
      offeredWallMs: WallMs,
    }),
  ),
  ladder: z
    .array(
      z.strictObject({
        state: z.string(),
        action: z.int().nullable().describe('null: the whole command'),
        facts: Facts,
        auditIndex: z.int().describe('where the agent’s audit log says the same'),
        agentWallMs: WallMs,
        clock: z.enum(['trusted', 'holdover', 'untrusted']),
        receivedWallMs: WallMs,
      }),
    )
    .describe('everything that the agent said of it, in the order of its audit log'),
}).meta({ id: 'CommandDetail' });

const SiteState = z.strictObject({
  importKw: z.number().describe('at the site meter, positive from the grid'),
  voltagePu: z.number().nullable().describe('null where nothing feeds the bus'),
});
const BusVoltage = z.strictObject({ bus: z.string(), pu: z.number() });
const beforeAfter = <T extends z.ZodType>(shape: T) =>
  z.strictObject({ before: shape, after: shape });
const Violation = z.looseObject({ code: z.string() });

export const PreviewAnswer = z
  .strictObject({
    schema: z.literal('tieline.preview/1'),
    digest: HexDigest.describe('what an order names as its preview'),
    madeWallMs: WallMs,
    policyVersion: z.int(),
    sites: z.array(
      z.strictObject({
        site: SiteId,
        before: SiteState,
        after: SiteState,
        measuredWallMs: z.number().nullable().describe('null: never; the feeder’s load is used'),
        headroom: z
          .strictObject({
            importFallKw: z.number(),
            importRiseKw: z.number(),
            fallStops: z.string(),
            riseStops: z.string(),
          })
          .nullable()
          .describe('how far the import may still move after the actions'),
        quarterHourImportMaxKw: z
          .number()
          .describe(
            'the mean of a quarter hour that the local rule holds; a command comes before it',
          ),
        withinMargin: z.boolean().describe('automation may do it alone'),
        violations: z.array(Violation).describe('what no one may do'),
        unmodelled: z.array(z.string()).describe('what the power flow does not show'),
      }),
    ),
    minVoltage: beforeAfter(BusVoltage),
    lossKw: beforeAfter(z.number()),
    feederImportKw: beforeAfter(z.number()),
  })
  .meta({ id: 'Preview' });
