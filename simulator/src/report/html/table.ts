import { type Element, element } from './element.ts';

export type Column = readonly [header: string, kind: 'text' | 'number'];
export interface Row {
  readonly tone: string;
  readonly cells: readonly string[];
}

/** @param look  of what kind it is, for the stylesheet */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly Row[],
  look = 'plain',
): Element {
  const heads = columns.map(([header, kind]) =>
    element('th', { scope: 'col', class: kind }, header),
  );
  const body = rows.map(({ tone, cells }) => {
    const row = cells.map((cell, at) => element('td', { class: columns[at]?.[1] ?? 'text' }, cell));
    return element('tr', { class: tone }, ...row);
  });
  return element(
    'table',
    { class: look },
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...body),
  );
}
