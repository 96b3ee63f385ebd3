import type { Plant } from '../plant.ts';

const LAW = 'edge-agent/src/core/law';
const ADMISSION = 'packages/protocol/src/verify/admission.ts';
const ACTIONS = 'control-plane/src/core/action-check.ts';

/** What bounds people and automation. */
export const LIMITS: readonly Plant[] = [
  {
    name: "the connection's limit clips nothing",
    edits: [
      {
        file: `${LAW}/limits.ts`,
        find: 'bounds.push(...connectionBounds(state, policy, connectionOf(state, image, othersKw)));',
        replace: 'connectionBounds(state, policy, connectionOf(state, image, othersKw));',
      },
    ],
    scenario: 'policy-below-a-setpoint',
    promise: 'harbour.importKw at least -21',
  },
  {
    name: 'automation takes the limit for its margin',
    edits: [
      {
        file: `${LAW}/local-rule.ts`,
        find: 'const { minKw, maxKw } = asset.margin;',
        replace: 'const { minKw, maxKw } = asset.limit;',
      },
      {
        file: `${LAW}/peak-shaving.ts`,
        find: '0, Math.max(0, asset.margin.maxKw));',
        replace: '0, Math.max(0, asset.limit.maxKw));',
      },
    ],
    scenario: 'margin-at-the-peak',
    promise: 'no setpoint beyond the automatic margin',
  },
  {
    name: 'the reserve is discharged',
    edits: [
      {
        file: `${LAW}/local-rule.ts`,
        find: 'const spare = Math.max(0, (seen?.stateOfCharge ?? 0) - reserveStateOfCharge);',
        replace:
          'const spare = Math.max(0, (seen?.stateOfCharge ?? 0) - 0 * reserveStateOfCharge);',
      },
      {
        file: `${LAW}/peak-shaving.ts`,
        find: 'Math.max(0, stateOfCharge - asset.reserveStateOfCharge) * energyKwh;',
        replace: 'Math.max(0, stateOfCharge) * energyKwh;',
      },
    ],
    scenario: 'battery-at-its-reserve',
    promise: 'harbour.stateOfCharge at least 0.15',
  },
  {
    name: 'an empty battery is asked for power',
    edits: [
      {
        file: `${LAW}/limits.ts`,
        find: '...energyInterval(state.assets[rating.asset], image, rating),',
        replace:
          '...energyInterval(state.assets[rating.asset], image, rating), minKw: -1e6, maxKw: 1e6,',
      },
    ],
    scenario: 'empty-battery-at-the-peak',
    promise: 'order long clipped',
  },
  {
    name: 'automation moves again within the dwell time',
    edits: [
      {
        file: `${LAW}/pacing.ts`,
        find: 'if (nowMs - control.changedMs < policy.dwellMs) return heldKw;',
        replace: 'if (nowMs - control.changedMs < 0 * policy.dwellMs) return heldKw;',
      },
    ],
    scenario: 'loads-that-come-and-go',
    promise: 'automation lets a setpoint stand for the dwell time',
  },
  {
    name: 'automation reverses as often as it likes',
    edits: [
      {
        file: `${LAW}/pacing.ts`,
        find: 'if (reverses && recent(control.reversalsMs, nowMs).length >= reversalsMax) return 0;',
        replace: 'if (reverses && reversalsMax < 0) return 0;',
      },
    ],
    scenario: 'loads-that-come-and-go',
    promise: 'automation reverses no more often than the policy says',
  },
  {
    name: 'a policy does not reach the control law',
    edits: [
      {
        file: 'edge-agent/src/core/agent.ts',
        find: 'this.#state = { ...this.#state, policy: held.site };',
        replace: 'this.#state = { ...this.#state, policy: this.#state.policy ?? held.site };',
      },
    ],
    scenario: 'policy-below-a-setpoint',
    promise: 'harbour.importKw at least -21',
  },
  {
    name: 'the control plane passes on what the policy limits',
    edits: [
      {
        file: ACTIONS,
        find: "const violations = [...outside('beyond_policy_limit', site, asset, range)];",
        replace: 'const violations: ControlFailure[] = [];',
      },
    ],
    scenario: 'beyond-the-policy',
    promise: 'harbour.refused at most 0',
  },
  {
    name: 'nobody refuses an order beyond the policy',
    edits: [
      {
        file: ACTIONS,
        find: "const violations = [...outside('beyond_policy_limit', site, asset, range)];",
        replace: 'const violations: ControlFailure[] = [];',
      },
      {
        file: ADMISSION,
        find: "within('beyond_policy_limit', governed.limit.minKw, governed.limit.maxKw);",
        replace: '',
      },
    ],
    scenario: 'beyond-the-policy',
    promise: 'order too-much refused',
  },
  {
    name: 'nobody keeps the limit of the policy',
    edits: [
      {
        file: ACTIONS,
        find: "const violations = [...outside('beyond_policy_limit', site, asset, range)];",
        replace: 'const violations: ControlFailure[] = [];',
      },
      {
        file: ADMISSION,
        find: "within('beyond_policy_limit', governed.limit.minKw, governed.limit.maxKw);",
        replace: '',
      },
      {
        file: `${LAW}/limits.ts`,
        find: '...(asset?.limit ?? { minKw: 0, maxKw: 0 }),',
        replace: '...(asset === undefined ? { minKw: 0, maxKw: 0 } : { minKw: -1e6, maxKw: 1e6 }),',
      },
    ],
    scenario: 'beyond-the-policy',
    promise: 'no setpoint beyond the limits of the policy',
  },
  {
    name: 'charging points draw beyond the connection',
    edits: [
      {
        file: `${LAW}/caps.ts`,
        find: 'partOf(at, rating, importMaxKw + helpedKw)',
        replace: 'partOf(at, rating, importMaxKw + helpedKw + 1_000)',
      },
    ],
    scenario: 'cars-held-back-by-order',
    promise: 'garage.importKw at most 272',
  },
  {
    name: 'a battery charges while cars wait',
    edits: [
      {
        file: `${LAW}/local-rule.ts`,
        find: "const yields = shaving.reason === 'recharge' && doesAnyWait(at);",
        replace: 'const yields = false;',
      },
    ],
    scenario: 'cars-held-back-by-order',
    promise: 'garage.batteryKw at least -1 at most 1',
  },
  {
    name: 'what cars draw counts as what nobody steers',
    edits: [
      {
        file: `${LAW}/observe.ts`,
        find: "if (rating.kind === 'flexible-load' && isFresh(seen, nowMs)) sumKw += seen.activePowerKw;",
        replace: '',
      },
    ],
    scenario: 'cars-without-an-agent',
    promise: 'garage.importKw at least 210',
  },
  {
    name: 'an agent lets a plan beyond the margin',
    edits: [
      {
        file: ADMISSION,
        find: "if (rank === 'plan') within('beyond_margin', governed.margin.minKw, governed.margin.maxKw);",
        replace: '',
      },
    ],
    scenario: 'stolen-dispatch-key',
    promise: 'no setpoint beyond the automatic margin',
  },
  {
    name: 'limits that cannot all be kept are no alarm',
    edits: [
      {
        file: 'control-plane/src/core/device-alarm.ts',
        find: "limits_conflict: 'limits_conflict',",
        replace: '',
      },
    ],
    scenario: 'connection-that-no-battery-holds',
    promise: 'harbour.alarms at least 1 at most 1',
  },
];
