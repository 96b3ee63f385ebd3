import { utf8 } from '@tieline/kernel';
import {
  type Action,
  type Arrival,
  type Basis,
  type CommandState,
  commandIdOf,
  type HeldKey,
  KINDS,
  naclSigner,
  naclVerifier,
  nodeSigner,
  openTrust,
  Plan,
  REPLAY_START,
  type Role,
  sealAddressed,
  sealDocument,
  sha256,
  signTrust,
  type Trust,
  VerificationBudget,
  verifyCommand,
} from '@tieline/protocol';
import { median, perSecond } from './measure.ts';
import type { Bench, Row } from './row.ts';

/** Each side is measured this often, in turn, and the medians are compared. */
const ROUNDS = 15;
const COMMANDS_A_ROUND = 200;
const NACL_CHECKS_A_ROUND = 8;
const NOW_S = 1_772_323_200;
const SESS = new Uint8Array(16).fill(1);
const ACTIONS: Action[] = [
  {
    type: 'setpoint',
    asset: 'battery-1',
    activePowerKw: 40.5,
    rampKwPerS: 5,
    rampOutKwPerS: 5,
    startWithinMs: 0,
    validForMs: 900_000,
    revert: { to: 'local' },
    priority: 3,
  },
];
const TIME = { sessionMs: 1_000, wallS: NOW_S };

/**
 * All fifteen checks of one command, beside nothing but tweetnacl's signature check. A plan's command has one
 * signature; an order's has two, the person's as well, and so has its baseline.
 */
export const verifyBench: Bench = {
  name: 'verify one command',
  async run() {
    const site = benchSite();
    const verified = (arrival: Arrival) => (): unknown =>
      verifyCommand(arrival, site.trust, site.state, TIME);
    const checked = (arrival: Arrival, signatures: number) => {
      const signature = site.operator.signer.sign(arrival.payload);
      const nacl = naclVerifier(site.operator.signer.publicKey);
      return (): void => {
        for (let k = 0; k < signatures; k += 1) {
          if (!nacl.verify(arrival.payload, signature))
            throw new Error('tweetnacl refuses its own');
        }
      };
    };
    const { planned, ordered } = site;
    return [
      row('one command of a plan', verified(planned), 'one signature', checked(planned, 1)),
      row('one command of an order', verified(ordered), 'two signatures', checked(ordered, 2)),
    ];
  },
};

function row(what: string, ours: () => unknown, signatures: string, theirs: () => void): Row {
  perSecond(2_000, ours);
  perSecond(4 * NACL_CHECKS_A_ROUND, theirs);
  const [values, baselines]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    values.push(perSecond(COMMANDS_A_ROUND, ours));
    baselines.push(perSecond(NACL_CHECKS_A_ROUND, theirs));
  }
  const [value, baselineValue] = [median(values), median(baselines)];
  return {
    figure: `${what}, all fifteen checks`,
    unit: 'commands/s',
    value,
    baseline: `tweetnacl's verify alone, ${signatures}`,
    baselineValue,
    ratio: value / baselineValue,
    aim: '≥ 20 ×',
  };
}

const secret = (name: string): Uint8Array => sha256(utf8(`bench ${name}`));
const person = (principal: string): HeldKey => ({
  principal,
  signer: naclSigner(secret(principal)),
});
const service = (principal: string): HeldKey => ({
  principal,
  signer: nodeSigner(secret(principal)),
});

function benchSite(): {
  readonly ordered: Arrival;
  readonly planned: Arrival;
  readonly trust: Trust;
  readonly state: CommandState;
  readonly operator: HeldKey;
} {
  const [root, operator, dispatch] = [person('root'), person('operator'), service('dispatch')];
  const trust = benchTrust(root, operator, dispatch);
  const plan = Plan.encode({ id: new Uint8Array(16), reason: 'evening peak', actions: ACTIONS });
  const order = benchOrder(trust, operator);
  return {
    ordered: benchCommand(trust, dispatch, { type: 'order', order }),
    planned: benchCommand(trust, dispatch, { type: 'plan', plan }),
    trust,
    state: benchState(),
    operator,
  };
}

function benchTrust(root: HeldKey, operator: HeldKey, dispatch: HeldKey): Trust {
  const key = ({ principal, signer }: HeldKey, role: Role) => ({
    kid: signer.kid,
    publicKey: signer.publicKey,
    principal,
    roles: [role],
    scope: { sites: '*', actions: '*' } as const,
  });
  const document = {
    version: 1,
    deployment: 'bench',
    world: 'simulated',
    issuedAt: NOW_S,
    expires: NOW_S + 1_000,
    keys: [key(root, 'root'), key(operator, 'operator'), key(dispatch, 'dispatch')],
    thresholds: {},
  } as const;
  return openTrust(signTrust({ ...document, keys: [...document.keys] }, [root]));
}

function benchOrder(trust: Trust, operator: HeldKey): Uint8Array {
  return sealDocument(
    KINDS.order,
    {
      id: new Uint8Array(16),
      class: 'routine',
      targets: [{ site: 'site-1', actions: ACTIONS, assumes: {} }],
      reason: 'evening ramp',
      policyVersionMin: 1,
    },
    trust.anchor,
    [operator],
    { iat: NOW_S, nbf: NOW_S, exp: NOW_S + 600 },
  );
}

function benchCommand(trust: Trust, dispatch: HeldKey, basis: Basis): Arrival {
  const sealed = sealAddressed(
    KINDS.command,
    { id: commandIdOf(basis, 'site-1'), notAfterSessionMs: 60_000, actions: ACTIONS, basis },
    { anchor: trust.anchor, deployment: 'bench', site: 'site-1', key: dispatch },
    { iat: NOW_S, cti: new Uint8Array(16), epoch: 1, seq: 1, sess: SESS, pol: 1 },
  );
  return { ...sealed, retained: false };
}

function benchState(): CommandState {
  const bounds = { minKw: -100, maxKw: 100 };
  return {
    site: 'site-1',
    sess: SESS,
    budget: new VerificationBudget(1_000_000, 1),
    storedCommand: () => null,
    replay: REPLAY_START,
    policy: {
      version: 1,
      deployment: 'bench',
      issuedAt: NOW_S,
      approvals: { routine: 1, critical: 2 },
      sites: [
        {
          site: 'site-1',
          importMaxKw: 200,
          exportMaxKw: 200,
          quarterHourImportMaxKw: 150,
          rechargeImportMaxKw: 100,
          assets: [
            {
              asset: 'battery-1',
              limit: bounds,
              margin: bounds,
              reserveStateOfCharge: 0.1,
              rampKwPerS: 10,
              safePowerKw: 0,
            },
          ],
          dwellMs: 0,
          reversalsPerHourMax: 10,
          releaseWithinMs: 0,
          commandsPerHourMax: 10,
        },
      ],
    },
    assets: [
      {
        asset: 'battery-1',
        kind: 'battery',
        dischargeMaxKw: 100,
        chargeMaxKw: 100,
        activePowerKw: 0,
        stateOfCharge: 0.5,
        local: false,
      },
    ],
    siteImportKw: 80,
    topology: null,
    limits: [],
    activeActions: [],
    acceptedLastHour: 0,
  };
}
