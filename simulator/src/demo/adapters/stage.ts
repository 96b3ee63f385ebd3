import { colourPaint, drawScreen, plainPaint, type ScreenView } from '../screen.ts';

const REDRAW_MS = 250;
/** Head, sites and what npm wrote before: a picture taller than the terminal could not be drawn over. */
const ROWS_BESIDE_STORY = 12;
/** Some terminals do not say how large they are. */
const COLUMNS_UNKNOWN = 80;
const ROWS_UNKNOWN = 24;
/** In a narrower one, lines wrap by themselves. */
const COLUMNS_MIN = 40;

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
    this.#draw(Number.MAX_SAFE_INTEGER);
  }

  #draw(storyLines = (this.#out.rows || ROWS_UNKNOWN) - ROWS_BESIDE_STORY): void {
    const paint = process.env['NO_COLOR'] ? plainPaint : colourPaint;
    const view = { ...this.#view(), told: this.#told };
    const size = {
      columns: Math.max(COLUMNS_MIN, this.#out.columns || COLUMNS_UNKNOWN),
      storyLines: Math.max(1, storyLines),
    };
    const picture = drawScreen(view, size, paint);
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A\u001b[J` : '';
    this.#out.write(`${up}${picture.join('\n')}\n`);
    this.#drawnLines = picture.length;
  }
}
