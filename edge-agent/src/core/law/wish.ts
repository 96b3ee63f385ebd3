import type { SitePolicy } from '@tieline/protocol';
import type { ActiveAction, ControlState } from './control-state.ts';
import type { ProcessImage } from './process-image.ts';

/** What an asset would do if nothing bounded it. */
export interface Wish {
  /** Positive into the grid; for PV the most that it may give, for a flexible load the most that it may draw. */
  readonly powerKw: number;
  readonly reason: string;
  /** The command that wishes it; null for the local rule. */
  readonly by: ActiveAction | null;
  /** It stays what it is: no ramp and no rule moves it. */
  readonly settled: boolean;
  /** Set where the command is over with this cycle: the value that it leaves to hold, or none. */
  readonly ends: { readonly heldKw: number | null } | null;
  /** Of a store that is automation's: what it could give for the rest of the quarter hour, kW; else null. */
  readonly sustainableKw: number | null;
}

/** What a wish is made of. */
export interface WishContext {
  readonly state: ControlState;
  readonly image: ProcessImage;
  readonly policy: SitePolicy;
  /** kW that the flexible loads and the stores decided before this one put out. */
  readonly steeredKw: number;
  /** kW that automation could have the stores put out for the rest of the quarter hour. */
  readonly sustainedKw: number;
}

/** Of nobody but the agent itself. */
export function local(powerKw: number, reason: string): Wish {
  return { powerKw, reason, by: null, settled: false, ends: null, sustainableKw: null };
}
