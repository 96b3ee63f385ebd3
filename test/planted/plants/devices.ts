import type { Plant } from '../plant.ts';

const ACTUATOR = 'edge-agent/src/core/actuator.ts';
const LAW = 'edge-agent/src/core/law';

/** What an agent tells its devices, and what it believes of them. */
export const DEVICES: readonly Plant[] = [
  {
    name: 'a setpoint is not told again before the device lets it go',
    edits: [
      {
        file: ACTUATOR,
        find: 'const REFRESH_MS = 20_000;',
        replace: 'const REFRESH_MS = 20_000_000;',
      },
    ],
    scenario: 'order-over-a-cut-link',
    promise: 'no setpoint of a living agent is left to the timer of its device',
  },
  {
    name: "a device's own timer is set to an hour",
    edits: [
      { file: ACTUATOR, find: 'const REVERSION_S = 60;', replace: 'const REVERSION_S = 3_600;' },
    ],
    scenario: 'agent-dies',
    promise: 'no setpoint outlives its agent',
  },
  {
    name: 'charging points have nothing to fall back to',
    edits: [
      {
        file: ACTUATOR,
        find: "revertKw: kind === 'pv' ? null : safeKw,",
        replace: "revertKw: kind === 'battery' ? safeKw : null,",
      },
    ],
    scenario: 'cars-without-an-agent',
    promise: 'garage.evKw at most 22.1',
  },
  {
    name: 'a device that forgot its setpoint is not told again',
    edits: [
      {
        file: ACTUATOR,
        find: 'if (this.#disputed.has(asset) && ageMs >= READ_BACK_MS) return true;',
        replace: '',
      },
    ],
    scenario: 'device-forgets',
    promise: 'harbour.batteryKw at least 95',
  },
  {
    name: 'an old measurement is as good as a new one',
    edits: [
      {
        file: `${LAW}/control-state.ts`,
        find: 'const READING_AGE_MAX_MS = 10_000;',
        replace: 'const READING_AGE_MAX_MS = 10_000_000;',
      },
    ],
    scenario: 'silent-meter',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'a failsafe is never left',
    edits: [
      {
        file: `${LAW}/observe.ts`,
        find: 'uncontrolled: { importKw: uncontrolledKw, atMs: image.sessionMs },',
        replace:
          'uncontrolled: state.uncontrolled !== null && !isFresh(state.uncontrolled, image.sessionMs) ? state.uncontrolled : { importKw: uncontrolledKw, atMs: image.sessionMs },',
      },
    ],
    scenario: 'silent-meter',
    promise: 'harbour.batteryKw at least 20 from 5m45s',
  },
  {
    name: 'a reading that cannot be true is believed',
    edits: [
      {
        file: `${LAW}/process-image.ts`,
        find: "if (!believable) return 'implausible';",
        replace: '',
      },
    ],
    scenario: 'meter-in-watts',
    promise: 'harbour.batteryKw at least 20 from 5m45s',
  },
  {
    name: 'what a model says is believed, whatever it is',
    edits: [
      {
        file: 'packages/inference/src/session.ts',
        find: 'if (value < min || value > max) {',
        replace: 'if (value < min && value > max) {',
      },
    ],
    scenario: 'model-that-raves',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'nobody is told of a device that is not read',
    edits: [
      {
        file: 'edge-agent/src/core/unread.ts',
        find: 'else if (!this.#since.has(asset))',
        replace: 'else if (false)',
      },
    ],
    scenario: 'silent-meter',
    promise: 'harbour.alarms at least 1 at most 1',
  },
  {
    name: 'what an agent finds of its devices stays in its log',
    edits: [
      {
        file: 'control-plane/src/core/receipt-desk.ts',
        find: 'for (const raised of alarms) emit(raised);',
        replace: '',
      },
    ],
    scenario: 'meter-backwards',
    promise: 'harbour.alarms at least 1 at most 1',
  },
];
