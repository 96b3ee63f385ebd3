import { clamp } from '@tieline/kernel';
import type { InjectedFault } from './injected-fault.ts';
import type { Terminal } from './terminal.ts';

const DRIFT_PER_MINUTE = 0.05;
const CHARGE_DRIFT_PER_MINUTE = 0.01;
const MINUTE_MS = 60_000;

/** What a fault makes of a terminal, `forMs` after it began and with what the device saw then. */
const MADE_OF: Partial<
  Record<InjectedFault, (seen: Terminal, forMs: number, first: Terminal) => Terminal>
> = {
  stuck: (_, __, first) => first,
  drifts: (seen, forMs) => times(seen, 1 + (DRIFT_PER_MINUTE * forMs) / MINUTE_MS),
  'wrong-scale': (seen) => times(seen, 10),
  'kw-for-w': (seen) => times(seen, 1 / 1_000),
  'reversed-sign': (seen) => times(seen, -1),
  'charge-drifts': (seen, forMs) => {
    const driftedBy = (CHARGE_DRIFT_PER_MINUTE * forMs) / MINUTE_MS;
    const charge = seen.stateOfCharge;
    return { ...seen, stateOfCharge: charge && clamp(charge + driftedBy, 0, 1) };
  },
};

/** What a device believes of its terminal. */
export function believed(
  terminal: Terminal,
  fault: InjectedFault | null,
  { forMs, first }: { readonly forMs: number; readonly first: Terminal },
): Terminal {
  const made = fault === null ? undefined : MADE_OF[fault];
  return made?.(terminal, forMs, first) ?? terminal;
}

function times(terminal: Terminal, factor: number): Terminal {
  const { activePowerKw, reactivePowerKvar } = terminal;
  return {
    ...terminal,
    activePowerKw: activePowerKw * factor,
    reactivePowerKvar: reactivePowerKvar * factor,
  };
}
