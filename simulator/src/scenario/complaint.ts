import type { Path } from './yaml-places.ts';

/** What is wrong, and where. */
export interface Complaint {
  readonly path: Path;
  readonly reason: string;
}
