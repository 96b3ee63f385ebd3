import { TielineError } from '@tieline/kernel';

/** What can go wrong in this room; powers in kW, voltages per unit. */
export type GridFailure =
  | { readonly code: 'feeder_too_large'; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: 'feeder_not_json'; readonly reason: string }
  | { readonly code: 'feeder_invalid'; readonly place: string; readonly reason: string }
  | {
      readonly code: 'csv_invalid';
      readonly file: string;
      /** From 1; null where the file as a whole is meant. */
      readonly line: number | null;
      readonly reason: string;
    }
  | { readonly code: 'feeder_unknown'; readonly name: string; readonly known: readonly string[] }
  | { readonly code: 'feeder_too_meshed'; readonly loops: number; readonly loopsMax: number }
  | { readonly code: 'loop_without_impedance'; readonly branch: string }
  | { readonly code: 'bus_unknown'; readonly bus: string }
  | { readonly code: 'branch_unknown'; readonly branch: string }
  | { readonly code: 'load_not_finite'; readonly bus: string }
  | {
      readonly code: 'flow_diverged';
      /** The bus whose voltage still moved most, or first left the numbers. */
      readonly worstBus: string;
      readonly iterations: number;
      /** Null where it is no number any more. */
      readonly lastChangePu: number | null;
    }
  | {
      readonly code: 'point_out_of_range';
      readonly model: number;
      readonly point: string;
      readonly value: number | string;
    }
  | { readonly code: 'point_unknown'; readonly model: number; readonly point: string }
  | {
      readonly code: 'scale_factor_invalid';
      readonly model: number;
      readonly point: string;
      readonly value: number;
    }
  | { readonly code: 'sunspec_not_found'; readonly tried: readonly number[] }
  | { readonly code: 'sunspec_chain_broken'; readonly address: number; readonly reason: string };

export class GridError extends TielineError<GridFailure> {}
