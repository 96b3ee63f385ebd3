/** One place in the code, and what stands there in the copy instead. */
export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
}

/** A bug that is planted into a copy of the code, and who has to find it. */
export interface Plant {
  /** What the code does wrong with it, in a few words. */
  readonly name: string;
  /** Several where each of them alone is caught by the next: a bug that one check alone hides is none to anybody. */
  readonly edits: readonly Edit[];
  /** The scenario that finds it, of those that ship. */
  readonly scenario: string;
  /** Begins the sentence that is then broken: an expectation of the scenario, or a promise of every run. */
  readonly promise: string;
}

/** @throws where an edit does not fit the code any more */
export function planted(text: string, { file, find, replace }: Edit): string {
  const found = text.split(find).length - 1;
  if (found === 1) return text.replace(find, () => replace);
  throw new Error(`the plant no longer fits: ${found} times in ${file}: ${find}`);
}
