import { TielineError } from '@tieline/kernel';

/** What keeps the process from starting; each names the place. */
export type StartFailure =
  | { readonly code: 'config_unreadable'; readonly file: string; readonly reason: string }
  | {
      readonly code: 'config_invalid';
      readonly file: string;
      readonly place: string;
      readonly reason: string;
    }
  | { readonly code: 'file_too_large'; readonly file: string; readonly bytesMax: number }
  | { readonly code: 'secret_exposed'; readonly file: string; readonly mode: string }
  | { readonly code: 'http_not_loopback'; readonly host: string }
  | { readonly code: 'clock_not_real'; readonly world: string }
  | {
      readonly code: 'deployment_differs';
      readonly configured: string;
      readonly trusted: string;
    }
  | { readonly code: 'data_dir_in_use'; readonly dataDir: string; readonly reason: string };
export class StartError extends TielineError<StartFailure> {}
