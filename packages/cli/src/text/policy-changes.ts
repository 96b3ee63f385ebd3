import type { Policy } from '@tieline/protocol';

/** What a policy changes, place by place, before and after: what whoever signs it has to look at. */
export function changesOf(
  held: Policy | null,
  next: Policy,
): readonly (readonly [string, string])[] {
  if (held === null) return [['changes', 'the first policy of this deployment']];
  const before = leaves(held);
  const after = leaves(next);
  const places = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const changes = places
    .filter((place) => before.get(place) !== after.get(place))
    .map((place) => [place, `${before.get(place) ?? '–'} → ${after.get(place) ?? '–'}`] as const);
  return changes.length === 0 ? [['changes', 'none but the version']] : changes;
}

/** Every value by its place; sites and assets by their names, so that another order is no change. */
function leaves(policy: Policy): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (value: object, place: string): void => {
    for (const [name, held] of Object.entries(value)) {
      if (place === '' && (name === 'version' || name === 'issuedAt')) continue;
      const where = place === '' ? name : `${place}.${name}`;
      if (Array.isArray(held)) for (const one of held) walk(one, nameOf(one));
      else if (typeof held === 'object' && held !== null) walk(held, where);
      else found.set(where, String(held));
    }
    function nameOf(one: { readonly site?: string; readonly asset?: string }): string {
      return one.site ?? `${place} ${one.asset ?? ''}`;
    }
  };
  walk(policy, '');
  return found;
}
