import { escaped } from '../escaped.ts';

/** An element of HTML or SVG. A text among its children is escaped when it is rendered: there is no other way in. */
export interface Element {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: readonly Child[];
}
export type Child = Element | string;
type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, ...children: Child[]): Element {
  return { name, attributes, children };
}

/** HTML knows no end tags of these. */
const EMPTY: readonly string[] = ['meta', 'link'];

/** As XML, which HTML parsers read the same. */
export function render(child: Child): string {
  if (typeof child === 'string') return escaped(child);
  const { name, attributes, children } = child;
  const given = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(`${value}`)}"`,
  );
  const head = `<${name}${given.join('')}`;
  if (EMPTY.includes(name)) return `${head}/>`;
  return `${head}>${children.map(render).join('')}</${name}>`;
}
