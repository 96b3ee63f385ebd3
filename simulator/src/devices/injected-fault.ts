import type { AssetKind } from '@tieline/edge-agent';

/** How a device misbehaves until it is told to stop, and in what. */
const FAULTS = {
  /** Says nothing. */
  silent: 'answer',
  /** Does what it is asked, and says so, seconds later. */
  slow: 'answer',
  /** Exception 4 to everything. */
  refuses: 'answer',
  /** Exception 6: it is busy, ask again. */
  busy: 'answer',
  /** Exception 11: the gateway in front of it has had no answer. */
  'gateway-no-response': 'answer',
  /** Its measurements stand still. */
  stuck: 'measurement',
  /** Its power reads 5 % more with every minute. */
  drifts: 'measurement',
  /** Its power reads ten times what it is. */
  'wrong-scale': 'measurement',
  /** Its power reads in kW where W belongs: a thousandth. */
  'kw-for-w': 'measurement',
  /** Its power reads in W where kW are shown: a thousand times. */
  watts: 'measurement',
  /** Its power reads with the other sign: a current transformer that is mounted backwards. */
  'reversed-sign': 'measurement',
  /** Its state of charge rises by a point a minute, whatever it does. */
  'charge-drifts': 'charge',
  /** Keeps half of a setpoint, and shows it. */
  'other-setpoint': 'setpoint',
  /** Of a write of several registers the first half holds. */
  'half-written': 'setpoint',
  /** Keeps and shows every setpoint, and follows none. */
  'setpoint-discarded': 'setpoint',
  /** Follows no more than two fifths of its nameplate, of what it draws as of what it gives, and shows what it was told. */
  clips: 'setpoint',
  /** Somebody else writes a quarter of its nameplate every few seconds. */
  'foreign-master': 'setpoint',
  /** Accepts a reversion time, and never runs it. */
  'lying-timer': 'setpoint',
  /** The same, and shows a remaining time that stands still. */
  'frozen-timer': 'setpoint',
} as const satisfies Readonly<Record<string, 'answer' | 'measurement' | 'charge' | 'setpoint'>>;

export type InjectedFault = keyof typeof FAULTS;

export const INJECTED_FAULTS = Object.keys(FAULTS) as [InjectedFault, ...InjectedFault[]];

/** Whether a kind of asset has what the fault is in. */
export function canHave(kind: AssetKind, fault: InjectedFault): boolean {
  const what = FAULTS[fault];
  if (what === 'charge') return kind === 'battery';
  return what !== 'setpoint' || (kind !== 'load' && kind !== 'meter');
}

/** How a device answers a request: after how long, ms, and with what exception, if any; null where never. */
export interface Answering {
  readonly delayMs: number;
  readonly exception: 'refuses' | 'busy' | 'gateway-no-response' | null;
}

/** Longer than any deadline of a cycle. */
const SLOW_MS = 3_000;

export function answering(fault: InjectedFault | null): Answering | null {
  if (fault === 'silent') return null;
  if (fault === 'slow') return { delayMs: SLOW_MS, exception: null };
  const excepts = fault === 'refuses' || fault === 'busy' || fault === 'gateway-no-response';
  return { delayMs: 0, exception: excepts ? fault : null };
}
