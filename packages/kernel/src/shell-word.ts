/** A word of a command line as a shell takes it: quoted where it holds more than plain signs. */
export function shellWord(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
