/** A source with all that is not code blanked out, its length and lines kept. */
export interface MaskedSource {
  /** Comments, the inside of strings and of regular expressions and the text of templates are spaces. */
  readonly code: string;
  /** The inside of each plain string, by the place of its opening quote. */
  readonly strings: ReadonlyMap<number, string>;
}

/** One import, however it is written. */
export interface ImportSite {
  /** `null` for a dynamic import of something computed, which no law can look into. */
  readonly specifier: string | null;
  readonly line: number;
}

/** After these a slash begins a regular expression, although they end in a letter. */
const BEFORE_REGEX =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|do|else|await|yield)$/;

/**
 * Separates code from what merely looks like it, so that `// Date.now()` in a comment, or in a message, is no
 * violation and a real one cannot hide. A small scanner and not a parser: TypeScript 7 has no classic API.
 */
export function maskSource(text: string): MaskedSource {
  return new Scanner(text).scan();
}

class Scanner {
  readonly #text: string;
  readonly #code: string[];
  readonly #strings = new Map<number, string>();
  /** For each open template: how many braces are open inside its present `${`. */
  readonly #templates: number[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#code = [...Array(text.length).keys()].map((at) => text[at] ?? '');
  }

  scan(): MaskedSource {
    while (this.#at < this.#text.length) this.#next();
    return { code: this.#code.join(''), strings: this.#strings };
  }

  #next(): void {
    const text = this.#text;
    const two = text.slice(this.#at, this.#at + 2);
    const one = two[0];
    if (two === '//') this.#blankTo(endOf(text, '\n', this.#at));
    else if (two === '/*') this.#blankTo(endOf(text, '*/', this.#at + 2) + 2);
    else if (one === "'" || one === '"') this.#string(one);
    else if (one === '`') this.#template();
    else if (one === '/' && this.#startsRegex()) this.#regex();
    else if (one === '{' || one === '}') this.#brace(one);
    else this.#at += 1;
  }

  #string(quote: string): void {
    const start = this.#at;
    const end = this.#closing(start + 1, quote);
    this.#strings.set(start, this.#text.slice(start + 1, end));
    this.#at = start + 1;
    this.#blankTo(end);
    this.#at = end + 1;
  }

  /** From the opening backtick, or from the brace that ends an inserted expression. */
  #template(): void {
    this.#at += 1;
    for (;;) {
      const one = this.#text[this.#at];
      if (one === undefined) return;
      if (one === '`') {
        this.#at += 1;
        return;
      }
      if (one === '$' && this.#text[this.#at + 1] === '{') {
        this.#templates.push(0);
        this.#at += 2;
        return;
      }
      this.#blankTo(this.#at + (one === '\\' ? 2 : 1));
    }
  }

  #brace(one: '{' | '}'): void {
    const open = this.#templates.at(-1);
    if (open === undefined) this.#at += 1;
    else if (one === '}' && open === 0) {
      this.#templates.pop();
      this.#template();
    } else {
      this.#templates[this.#templates.length - 1] = open + (one === '{' ? 1 : -1);
      this.#at += 1;
    }
  }

  #startsRegex(): boolean {
    const before = this.#code
      .slice(Math.max(0, this.#at - 40), this.#at)
      .join('')
      .trimEnd();
    const operand = /[\w$)\]]$/.test(before) && !BEFORE_REGEX.test(before);
    return !operand && this.#regexEnd() !== null;
  }

  /** The place of the closing slash; `null` where the line ends first: then it was a division. */
  #regexEnd(): number | null {
    let inClass = false;
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const one = this.#text[at];
      if (one === '\n') return null;
      if (one === '\\') at += 1;
      else if (one === '[') inClass = true;
      else if (one === ']') inClass = false;
      else if (one === '/' && !inClass) return at;
    }
    return null;
  }

  #regex(): void {
    const end = this.#regexEnd() ?? this.#at;
    this.#at += 1;
    this.#blankTo(end);
    this.#at = end + 1;
  }

  #closing(from: number, quote: string): number {
    for (let at = from; at < this.#text.length; at += 1) {
      if (this.#text[at] === '\\') at += 1;
      else if (this.#text[at] === quote || this.#text[at] === '\n') return at;
    }
    return this.#text.length;
  }

  #blankTo(end: number): void {
    for (; this.#at < Math.min(end, this.#text.length); this.#at += 1) {
      if (this.#text[this.#at] !== '\n') this.#code[this.#at] = ' ';
    }
  }
}

function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at === -1 ? text.length : at;
}

/** Static, side-effect, re-exporting, dynamic, `require`d and type imports: all alike. */
export function findImports({ code, strings }: MaskedSource): ImportSite[] {
  const sites: ImportSite[] = [];
  const named = /\b(?:from|import)\s*(?=['"])/g;
  for (const match of code.matchAll(named)) {
    const specifier = strings.get(match.index + match[0].length);
    if (specifier !== undefined) sites.push({ specifier, line: lineOf(code, match.index) });
  }
  const called = /(?<![.\w$])(?:import|require)\s*\(\s*/g;
  for (const match of code.matchAll(called)) {
    const specifier = strings.get(match.index + match[0].length) ?? null;
    sites.push({ specifier, line: lineOf(code, match.index) });
  }
  return sites;
}

export function lineOf(code: string, at: number): number {
  return code.slice(0, at).split('\n').length;
}
