import type { Plant } from '../plant.ts';

const LAW = 'edge-agent/src/core/law';
const CONFIRM = `${LAW}/confirm.ts`;

/** What an agent makes of an order, from its beginning to its end. */
export const SETPOINTS: readonly Plant[] = [
  {
    name: 'a setpoint never ends',
    edits: [
      {
        file: `${LAW}/active-actions.ts`,
        find: "if (next.phase !== 'active' || nowMs < next.endsMs) return [next];",
        replace: 'if (nowMs >= 0) return [next];',
      },
    ],
    scenario: 'device-forgets',
    promise: 'order relief reverted',
  },
  {
    name: 'an ended setpoint is let go, but nothing is asked for behind it',
    edits: [
      {
        file: `${LAW}/wishes.ts`,
        find: "const goalKw = revert.to === 'value' ? revert.activePowerKw : ruleKw();",
        replace: 'const goalKw = action.activePowerKw + 0 * ruleKw();',
      },
      {
        file: `${LAW}/wishes.ts`,
        find: "const ends = { heldKw: revert.to === 'value' ? goalKw : null };",
        replace: "const ends = { heldKw: revert.to === 'value' ? goalKw : goalKw };",
      },
    ],
    scenario: 'two-overlapping-orders',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'a ramp is not kept',
    edits: [
      {
        file: `${LAW}/wishes.ts`,
        find: 'return Math.abs(goalKw - fromKw) <= stepKw\n',
        replace: 'return Math.abs(goalKw - fromKw) >= 0 * stepKw\n',
      },
    ],
    scenario: 'slow-ramp',
    promise: 'harbour.batteryKw at most 44',
  },
  {
    name: 'a superseded order goes on beneath the one that took its place',
    edits: [
      {
        file: `${LAW}/active-actions.ts`,
        find: 'for (const target of supersededBy(accepted)) {',
        replace: 'for (const target of [...supersededBy(accepted)].slice(64)) {',
      },
    ],
    scenario: 'superseded-for-good',
    promise: 'order replaced superseded',
  },
  {
    name: 'ends are not spread',
    edits: [
      {
        file: `${LAW}/active-actions.ts`,
        find: 'return Math.round(windowMs * draw);',
        replace: 'return Math.round(0 * windowMs * draw);',
      },
    ],
    scenario: 'many-sites-together',
    promise: 'setpoints that end together are not let go at once',
  },
  {
    name: 'the older of two orders wins',
    edits: [
      {
        file: `${LAW}/active-actions.ts`,
        find: 'priority(a) - priority(b) || a.order - b.order;',
        replace: 'priority(a) - priority(b) || b.order - a.order;',
      },
    ],
    scenario: 'two-overlapping-orders',
    promise: 'harbour.batteryKw at least 38 at most 42',
  },
  {
    name: 'confirmed by the device without reading it back',
    edits: [
      {
        file: CONFIRM,
        find: 'if (!isMeasured(reading) || !holds(rating, reading.setpointKw, askedKw)) {',
        replace: 'if (!isMeasured(reading)) {',
      },
    ],
    scenario: 'half-a-setpoint-is-a-failure',
    promise: 'nothing is called confirmed or reverted that is not so',
  },
  {
    name: 'confirmed by measurement without a look at the meter',
    edits: [
      {
        file: CONFIRM,
        find: "if (one.confirmed === 'device' && flows(state, image, rating, askedKw)) {",
        replace:
          "if (one.confirmed === 'device' && (one.failed || !flows(state, image, rating, askedKw) || true)) {",
      },
    ],
    scenario: 'battery-gives-nothing',
    promise: 'nothing is called confirmed or reverted that is not so',
  },
  {
    name: 'over counts as reverted, whatever the device holds',
    edits: [
      {
        file: `${LAW}/ladder.ts`,
        find: 'const reverted = isMeasured(reading) && holds(rating, reading.setpointKw, askedKw);',
        replace: 'const reverted = !isMeasured(reading) || holds(rating, askedKw, askedKw);',
      },
    ],
    scenario: 'silent-at-the-end',
    promise: 'nothing is called confirmed or reverted that is not so',
  },
  {
    name: 'a device in local control is fought over',
    edits: [
      {
        file: `${LAW}/cycle.ts`,
        find: 'return isMeasured(reading) && reading.local ? reading : null;',
        replace: 'return isMeasured(reading) && reading.local && asset === "" ? reading : null;',
      },
      {
        file: `${LAW}/active-actions.ts`,
        find: 'return isMeasured(reading) && reading.local;',
        replace: 'return isMeasured(reading) && reading.local && asset === "";',
      },
      {
        file: 'edge-agent/src/core/actuator.ts',
        find: 'if (isMeasured(reading) && reading.local) {',
        replace: 'if (isMeasured(reading) && reading.local && asset === "") {',
      },
    ],
    scenario: 'local-override',
    promise: 'no device in local control is written',
  },
  {
    name: 'a device in local control is written, and its order kept for later',
    edits: [
      {
        file: 'edge-agent/src/core/actuator.ts',
        find: 'if (isMeasured(reading) && reading.local) {',
        replace: 'if (isMeasured(reading) && reading.local && asset === "") {',
      },
    ],
    scenario: 'local-override',
    promise: 'no device in local control is written',
  },
];
