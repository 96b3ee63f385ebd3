import leven from 'leven';

/** Names the nearest of what is known, or all of it where nothing is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const ranked = known
    .map((name) => ({ name, distance: leven(word.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [nearest] = ranked;
  if (nearest !== undefined && nearest.distance <= Math.max(2, word.length / 3)) {
    return `; did you mean '${nearest.name}'?`;
  }
  return known.length === 0 ? '' : `; known: ${known.slice(0, 30).join(' ')}`;
}
