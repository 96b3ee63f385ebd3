import { stripVTControlCharacters } from 'node:util';
import { colourPaint, drawScreen, plainPaint, type ScreenView } from '../screen.ts';

const REDRAW_MS = 250;
const TOLD_LINES = 12;

/**
 * Where the story is told: in a terminal the feeder is drawn over and over with the story below it; anywhere
 * else the story's lines are all there is. With `--json`, standard output belongs to the summary.
 */
export class Stage {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #view: () => Omit<ScreenView, 'told'>;
  readonly #told: string[] = [];
  #drawnLines = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(out: NodeJS.WriteStream, view: () => Omit<ScreenView, 'told'>) {
    this.#out = out;
    this.#live = out.isTTY === true;
    this.#view = view;
  }

  open(): void {
    if (this.#live) this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  tell(line: string): void {
    this.#told.push(line);
    if (!this.#live) this.#out.write(`${line}\n`);
  }

  /** Leaves the last picture standing, with the whole story under it. */
  close(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#draw(this.#told.length);
  }

  #draw(lines = TOLD_LINES): void {
    const paint = process.env['NO_COLOR'] ? plainPaint : colourPaint;
    const picture = drawScreen({ ...this.#view(), told: this.#told.slice(-lines) }, paint);
    const columns = this.#out.columns ?? 120;
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A\u001b[J` : '';
    this.#out.write(`${up}${picture.map((line) => clip(line, columns)).join('\n')}\n`);
    this.#drawnLines = picture.length;
  }
}

/** A wrapped line would break the counting of lines; what paints a line takes no room. */
function clip(line: string, columns: number): string {
  const text = stripVTControlCharacters(line);
  return text.length < columns ? line : text.slice(0, columns - 1);
}
