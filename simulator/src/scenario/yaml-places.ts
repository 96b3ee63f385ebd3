import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';

export type Path = readonly (string | number)[];

/** Where something stands in a YAML text, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text: its value, what is wrong with its syntax, and where each path of the value stands. */
export class YamlText {
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    // YAML 1.2 core: `no` is a text, and no tag builds anything.
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: '1.2',
      schema: 'core',
    });
  }

  /** Without one there is a value. */
  get fault(): { readonly place: Place; readonly reason: string } | null {
    const [error] = this.#document.errors;
    return error === undefined ? null : { place: this.#at(error.pos[0]), reason: error.message };
  }

  /** @throws {Error} where aliases would unfold to more than a text of this size can mean */
  value(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 });
  }

  /** Of the value at a path; of what is nearest above it where there is none. */
  placeOf(path: Path): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#at(node.range[0]);
    }
    return this.#at(this.#document.contents?.range?.[0] ?? 0);
  }

  /** Of a key in the map at a path. */
  placeOfKey(path: Path, key: string): Place {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    if (isMap(map)) {
      const pair = map.items.find((one) => isScalar(one.key) && String(one.key.value) === key);
      if (pair !== undefined && isScalar(pair.key) && pair.key.range) {
        return this.#at(pair.key.range[0]);
      }
    }
    return this.placeOf(path);
  }

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}
