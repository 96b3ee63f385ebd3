import type { Feeder } from '@tieline/grid';
import type { RandomStream } from '@tieline/kernel';
import type { Policy } from '@tieline/protocol';
import type { z } from 'zod';
import type { Intruder } from '../../deployment/intruder.ts';
import type { SimulatedFeeder } from '../../deployment/simulated-site.ts';
import type { Withholding } from '../../deployment/withholding.ts';
import type { DeviceModel } from '../../devices/device-model.ts';
import type { Disturbances } from '../../plant/disturbances.ts';
import type { Complaint } from '../complaint.ts';
import type { ControlledRun } from '../controlled-run.ts';
import type { PlacedSite } from '../site-size.ts';
import type { Path } from '../yaml-places.ts';

/** Every site there is, by name. */
export type KnownSites = { readonly [name: string]: PlacedSite };

/** An order that was signed: its command, or why the control plane took none. */
export interface SignedOrder {
  /** After the scenario began. */
  readonly atMs: number;
  readonly command: string | null;
  readonly refused: string;
}

/** Where events come about: a run with control. */
export interface Stage {
  /** Of the scenario. */
  readonly name: string;
  readonly simulated: SimulatedFeeder;
  readonly run: ControlledRun;
  readonly intruder: Intruder;
  readonly withholding: Withholding;
  /** Of orders. */
  readonly ids: RandomStream;
  readonly orders: Map<string, SignedOrder>;
  /** Published last. */
  policy: Policy;
  deviceOf(site: string, asset: string): DeviceModel;
  /** An event did not come about. */
  fail(atMs: number, reason: string): void;
}

/** One kind of event of a timeline. `given` is what its key holds. */
export interface EventKind<Shape extends z.ZodType> {
  readonly shape: Shape;
  /** The sites that it names, and where in it they stand; the one that it meets comes last. None: it meets all. */
  sites(given: z.output<Shape>): readonly { readonly path: Path; readonly site: string }[];
  /** As a person reads it. */
  words(given: z.output<Shape>): string;
  /** What is wrong with it, given sites that there are. @param feeder  null where it could not be read */
  check?(given: z.output<Shape>, sites: KnownSites, feeder: Feeder | null): readonly Complaint[];
  /** The same for the `k`th copy of a site: what must have a name of its own gets one. */
  copy?(given: z.output<Shape>, k: number): z.output<Shape>;
  /** Why real processes cannot go through it; null where they can. Left out: they always can. */
  onlyVirtual?(given: z.output<Shape>): string | null;
  /** What it does to the plant, with control and without; at a Unix time, ms. */
  disturbs?(given: z.output<Shape>, atMs: number): Partial<Disturbances>;
  /** What it does to a run with control, at a time after its beginning. */
  perform?(given: z.output<Shape>, stage: Stage, atMs: number): void | Promise<void>;
}
