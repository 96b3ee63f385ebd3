import type { OnnxSource } from './onnx-session.ts';

/** To the worker. `open` comes first and once; `close` comes last, and the worker ends after it. */
export type ToWorker =
  | { readonly kind: 'close' }
  | { readonly kind: 'open'; readonly source: OnnxSource }
  | { readonly kind: 'run'; readonly id: number; readonly rows: Float32Array };

/** From the worker: one answer for each message but `close`. */
export type FromWorker =
  | { readonly kind: 'opened' }
  | { readonly kind: 'open_failed'; readonly detail: string }
  | { readonly kind: 'ran'; readonly id: number; readonly values: Float32Array }
  | { readonly kind: 'run_failed'; readonly id: number; readonly detail: string };
