import type { Clock, Rng, SimulatedTime } from '@tieline/kernel';

/** One of the two streams that text leaves by. */
export interface Stream {
  readonly isTerminal: boolean;
  /** Whether colour reaches a person here: a terminal, and neither `NO_COLOR` nor `--no-color`. */
  readonly colour: boolean;
  write(text: string): void;
}

/** A request to the control plane. The body is sent as JSON. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Real milliseconds until the headers of the answer must be here. */
  readonly timeoutMs: number;
  /** Ends the request early, a stream that is being read too. */
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** The whole body. @throws {CliError} usage where it is larger than `bytesMax` */
  bytes(bytesMax: number): Promise<Uint8Array>;
  /** The body as it comes, for event streams. Ends, or throws, when the connection does. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Bytes in pieces, as they come. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** How a process of its own ended; `stdout` is empty where it was shared. */
export interface ChildOutcome {
  readonly exit: number;
  readonly stdout: string;
}

/** Everything outside the process that a verb may touch; `adapters/` has the real one, tests a small one. */
export interface World {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Aborts on the first interrupt. */
  readonly interrupted: AbortSignal;
  /** This machine's clock, or that of a simulation. */
  clock(simulated?: SimulatedTime): Promise<Clock>;
  rng(): Promise<Rng>;
  /** Bytes of a file, or of standard input for `-`. @throws {CliError} usage with the path and the reason */
  read(path: string, bytesMax: number): Promise<Uint8Array>;
  /** A file of any size, in pieces. @throws {CliError} usage */
  pieces(path: string): Promise<Iterable<Uint8Array>>;
  /** Whether anything stands at a path, so that nobody answers questions in vain. */
  exists(path: string): Promise<boolean>;
  /** Writes a file that must not exist yet, whole or not at all. @throws {CliError} usage */
  create(path: string, content: Chunks, mode: number): Promise<void>;
  /** Makes a folder, with those above it, where it is not there yet. @throws {CliError} one that cannot be written into */
  makeFolder(path: string): Promise<void>;
  /** Asks a person for a secret without echo; null where no person is at a terminal. */
  askSecret(prompt: string): Promise<string | null>;
  /** Asks a person; null where no person is at a terminal. */
  confirm(question: string): Promise<boolean | null>;
  /** @throws {CliError} unknown, where nobody answers in time */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Runs a `main.ts` of this repository in a process of its own, and keeps what it prints. */
  start(main: string, args: readonly string[]): Promise<ChildOutcome>;
  /** Goes on as a `main.ts` of this repository, in the same process. Its exit code comes back in tests alone. */
  become(main: string, args: readonly string[]): Promise<number>;
}
