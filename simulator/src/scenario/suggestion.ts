import leven from 'leven';

/** Names the nearest of what is known, or all of it where nothing is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== '') return near;
  return known.length === 0 ? '' : `; known: ${known.slice(0, 30).join(' ')}`;
}

/** Names the nearest of what is known, if one is near. */
export function nearest(word: string, known: readonly string[]): string {
  const ranked = known
    .map((name) => ({ name, distance: leven(word.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [first] = ranked;
  const isNear = first !== undefined && first.distance <= Math.max(2, word.length / 3);
  return isNear ? `; did you mean '${first.name}'?` : '';
}
