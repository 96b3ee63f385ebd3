/**
 * The beginning of a text that somebody else chose, at most `unitsMax` UTF-16 units long and always
 * well-formed: a cut may fall inside a surrogate pair, and half of one has no UTF-8, so that a record
 * holding it could never be written.
 */
export function clipText(text: string, unitsMax: number): string {
  return text.slice(0, unitsMax).toWellFormed();
}

/** A count and what is counted: `1 scenario`, `2 scenarios`, `0 scenarios`. */
export function countOf(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
