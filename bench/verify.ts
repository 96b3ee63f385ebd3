import { utf8 } from '@tieline/kernel';
import {
  type Arrival,
  type CommandState,
  commandIdOf,
  type HeldKey,
  KINDS,
  naclSigner,
  naclVerifier,
  nodeSigner,
  openTrust,
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

/** Each side is measured this often, in turn, and the medians are compared. */
const ROUNDS = 15;
const COMMANDS_A_ROUND = 200;
const NACL_VERIFIES_A_ROUND = 8;
const NOW_S = 1_772_323_200;
const SESS = new Uint8Array(16).fill(1);
const TIME = { sessionMs: 1_000, wallS: NOW_S };

/**
 * All fifteen checks of one command that carries a person's order: two Ed25519 signatures, strict CBOR three times,
 * shapes, scopes, quorum, limits. Beside it, one bare signature check by tweetnacl.
 */
export const verifyBench = {
  name: 'verify one command',
  async run() {
    const site = benchSite();
    const message = site.arrival.payload;
    const signature = site.operator.signer.sign(message);
    const nacl = naclVerifier(site.operator.signer.publicKey);
    const ours = (): unknown => verifyCommand(site.arrival, site.trust, site.state, TIME);
    const theirs = (): void => {
      if (!nacl.verify(message, signature)) throw new Error('tweetnacl refused its own signature');
    };
    perSecond(2_000, ours);
    perSecond(2 * NACL_VERIFIES_A_ROUND, theirs);
    const [values, baselines]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      values.push(perSecond(COMMANDS_A_ROUND, ours));
      baselines.push(perSecond(NACL_VERIFIES_A_ROUND, theirs));
    }
    const [value, baselineValue] = [median(values), median(baselines)];
    const ratio = value / baselineValue;
    const figure = 'one command with its order, all fifteen checks';
    const baseline = "tweetnacl's verify alone, one signature";
    return [{ figure, unit: 'commands/s', value, baseline, baselineValue, ratio, aim: '≥ 20 ×' }];
  },
};

function perSecond(times: number, once: () => unknown): number {
  const startMs = performance.now();
  for (let at = 0; at < times; at += 1) once();
  return (times * 1_000) / (performance.now() - startMs);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
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
  readonly arrival: Arrival;
  readonly trust: Trust;
  readonly state: CommandState;
  readonly operator: HeldKey;
} {
  const [root, operator, dispatch] = [person('root'), person('operator'), service('dispatch')];
  const trust = benchTrust(root, operator, dispatch);
  return { arrival: benchCommand(trust, operator, dispatch), trust, state: benchState(), operator };
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

function benchCommand(trust: Trust, operator: HeldKey, dispatch: HeldKey): Arrival {
  const { anchor } = trust;
  const action = {
    type: 'setpoint',
    asset: 'battery-1',
    activePowerKw: 40.5,
    rampKwPerS: 5,
    rampOutKwPerS: 5,
    startWithinMs: 0,
    validForMs: 900_000,
    revert: { to: 'local' },
    priority: 3,
  } as const;
  const actions = [action];
  const order = sealDocument(
    KINDS.order,
    {
      id: new Uint8Array(16),
      class: 'routine',
      targets: [{ site: 'site-1', actions, assumes: {} }],
      reason: 'evening ramp',
      policyVersionMin: 1,
    },
    anchor,
    [operator],
    { iat: NOW_S, nbf: NOW_S, exp: NOW_S + 600 },
  );
  const basis = { type: 'order', order } as const;
  const sealed = sealAddressed(
    KINDS.command,
    { id: commandIdOf(basis, 'site-1'), notAfterSessionMs: 60_000, actions, basis },
    { anchor, deployment: 'bench', site: 'site-1', key: dispatch },
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
