/** What went wrong: a stable code and typed facts. One union per layer. */
export interface Failure {
  readonly code: string;
}

/**
 * An expected failure. Callers branch on `failure.code`; people read `message`, which is made of
 * the code and the facts unless a better sentence is given. A broken invariant uses `assert` instead.
 */
export class TielineError<F extends Failure = Failure> extends Error {
  readonly failure: F;

  constructor(failure: F, sentence?: string, options?: ErrorOptions) {
    super(sentence ?? describeFailure(failure), options);
    this.name = new.target.name;
    this.failure = failure;
  }

  get code(): F['code'] {
    return this.failure.code;
  }
}

/** `key_unknown: kid 3f2a…` — the code, then each fact by name; a reason is a sentence of its own. */
export function describeFailure(failure: Failure): string {
  const facts = Object.entries(failure)
    .filter(([name]) => name !== 'code')
    .map(([name, fact]) => {
      const words = typeof fact === 'string' ? fact : JSON.stringify(fact);
      return name === 'reason' ? words : `${name} ${words}`;
    });
  return facts.length === 0 ? failure.code : `${failure.code}: ${facts.join(', ')}`;
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A broken invariant is a bug: stop here rather than go on with a wrong state. Stays on in production. */
export function assert(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new Error(`invariant broken: ${invariant}`);
}
