/**
 * Draws a captured terminal as an SVG: the pictures in the docs are of real runs, never drawn by hand.
 *
 *     script -qec 'npm start -- --for 60s' capture.txt
 *     node scripts/terminal-picture.mjs --with 'confirmed by measurement' < capture.txt > picture.svg
 *
 * Understands what a program that redraws itself writes: text, colours, line breaks, cursor up, clear to the end.
 * A frame is what stands on the screen before the cursor goes up again; the last frame that holds the text of
 * `--with` is drawn, or the last of all. `--heading TEXT` is written above it, as the command that was typed.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const CELL_WIDTH = 7.8;
const LINE_HEIGHT = 18;
const FONT_SIZE = 13;
const MARGIN = 18;
const PAPER = '#15181d';
const INK = '#d4d8de';
/** Colours of SGR 30 to 37 and 90 to 97 on a dark screen. */
const COLOURS = [
  '#6b7280',
  '#f28b82',
  '#8bd49c',
  '#f2c46d',
  '#8ab4f8',
  '#d7a6f5',
  '#7fd6d6',
  '#d4d8de',
];

const ESCAPE = String.fromCharCode(27);
/** A control sequence, a line feed, a carriage return, or a character. */
const TOKEN = new RegExp(`${ESCAPE}\\[([0-9;?]*)([A-Za-z])|(\\r?\\n)|(\\r)|([^${ESCAPE}])`, 'gu');

const PLAIN = { colour: INK, bold: false, dim: false };

/** The screen as rows of cells `{ char, style }`. */
class Screen {
  rows = [[]];
  row = 0;
  column = 0;
  style = PLAIN;

  write(char) {
    const cells = this.rows[this.row];
    while (cells.length < this.column) cells.push({ char: ' ', style: PLAIN });
    cells[this.column] = { char, style: this.style };
    this.column += 1;
  }

  lineFeed() {
    this.row += 1;
    this.column = 0;
    if (this.rows[this.row] === undefined) this.rows[this.row] = [];
  }

  up(lines) {
    this.row = Math.max(0, this.row - lines);
  }

  clearToEnd() {
    this.rows[this.row].length = Math.min(this.rows[this.row].length, this.column);
    this.rows.length = this.row + 1;
  }

  paint(codes) {
    for (const code of codes) this.style = styled(this.style, code);
  }

  copy() {
    return this.rows.map((cells) => [...cells]);
  }
}

function styled(style, code) {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, colour: INK };
  const colour = COLOURS[code >= 90 ? code - 90 : code - 30];
  return colour === undefined ? style : { ...style, colour };
}

/** Every frame of a capture, oldest first. */
function framesOf(capture) {
  const screen = new Screen();
  const frames = [];
  const tokens = capture.matchAll(TOKEN);
  for (const [, numbers, command, lineFeed, carriageReturn, char] of tokens) {
    if (command === 'A') {
      frames.push(screen.copy());
      screen.up(Number(numbers || 1));
    } else if (command === 'J') screen.clearToEnd();
    else if (command === 'm') screen.paint((numbers || '0').split(';').map(Number));
    else if (lineFeed !== undefined) screen.lineFeed();
    else if (carriageReturn !== undefined) screen.column = 0;
    else if (char !== undefined) screen.write(char);
  }
  frames.push(screen.copy());
  return frames;
}

export function textOf(frame) {
  return frame.map((cells) => cells.map(({ char }) => char).join('')).join('\n');
}

/** The frame as an SVG document; `heading` stands above it as a typed command. */
export function drawFrame(frame, heading) {
  const rows = [...frame];
  while (rows.length > 0 && textOf([rows.at(-1)]).trim() === '') rows.pop();
  const typed = heading === undefined ? [] : [headingCells(heading), []];
  const lines = [...typed, ...rows];
  const columns = Math.max(40, ...lines.map((cells) => cells.length));
  const width = Math.ceil(columns * CELL_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const drawn = lines.map((cells, at) => drawRow(cells, MARGIN + at * LINE_HEIGHT + FONT_SIZE));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(heading ?? 'a terminal')}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${PAPER}"/>`,
    `<g font-family="ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" xml:space="preserve">`,
    ...drawn.filter((row) => row !== ''),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function headingCells(heading) {
  const dim = { ...PLAIN, dim: true };
  const bold = { ...PLAIN, bold: true };
  return [
    ...[...'$ '].map((char) => ({ char, style: dim })),
    ...[...heading].map((char) => ({ char, style: bold })),
  ];
}

/** Runs of one style, broken where there is more than a space; each is held to its cells, whatever the font. */
function drawRow(cells, y) {
  const runs = [];
  for (const [column, { char, style }] of cells.entries()) {
    const last = runs.at(-1);
    const continues =
      last !== undefined && same(last.style, style) && column <= last.column + last.cells.length;
    if (continues && (char !== ' ' || last.cells.at(-1) !== ' ')) last.cells.push(char);
    else if (char !== ' ') runs.push({ column, style, cells: [char] });
  }
  return runs
    .map((run) => drawRun(run.column, run.style, run.cells.join('').trimEnd(), y))
    .join('');
}

function drawRun(column, style, text, y) {
  const x = (MARGIN + column * CELL_WIDTH).toFixed(1);
  const length = ([...text].length * CELL_WIDTH).toFixed(1);
  const weight = style.bold ? ' font-weight="700"' : '';
  const opacity = style.dim ? ' opacity="0.6"' : '';
  return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs" fill="${style.colour}"${weight}${opacity}>${escaped(text)}</text>\n`;
}

function same(a, b) {
  return a.colour === b.colour && a.bold === b.bold && a.dim === b.dim;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function main() {
  const { values } = parseArgs({
    options: { with: { type: 'string' }, heading: { type: 'string' } },
  });
  // `script` writes a line of its own above and below what it captured.
  const capture = readFileSync(0, 'utf8')
    .replace(/^Script started on [^\n]*\n/, '')
    .replace(/\nScript done on [^\n]*\n*$/, '\n');
  const frames = framesOf(capture);
  const wanted = values.with ?? '';
  const frame = frames.findLast((one) => textOf(one).includes(wanted));
  if (frame === undefined) {
    console.error(`✗ none of ${frames.length} frames holds '${wanted}'`);
    process.exitCode = 1;
    return;
  }
  process.stdout.write(drawFrame(frame, values.heading));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  main();
