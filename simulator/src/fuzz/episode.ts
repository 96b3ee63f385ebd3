import type { Feeder } from '@tieline/grid';
import type { Arbitrary } from 'fast-check';
import type { Sites } from '../scenario/site-size.ts';

/** Where and when an episode happens: what a kind of event need not draw itself. Times after the scenario began. */
export interface Occasion {
  /** Among the episodes of its scenario. */
  readonly index: number;
  readonly site: string;
  /** Another site; the same where there is one only. */
  readonly other: string;
  readonly size: Sites[string];
  readonly feeder: Feeder;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Something that can be in one state at a time, for a while. */
export interface Claim {
  readonly what: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Events that belong together: a fault, and what heals it. So no scenario leaves anything broken behind. */
export interface Episode {
  /** As a scenario file has them, but for `at`. */
  readonly events: readonly { readonly atMs: number; readonly event: Record<string, unknown> }[];
  /** Of two episodes that claim the same at the same time only the first comes about. */
  readonly claims?: readonly Claim[];
}

/** Draws an episode for whatever occasion there will be; null where the site has nothing that it could happen to. */
export type Draw = Arbitrary<(occasion: Occasion) => Episode | null>;
