import { text } from './chart-frame.ts';
import type { Element } from './element.ts';

export interface Label {
  readonly words: string;
  /** The middle of its base line, or its left or right end. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly look: string;
}

/** About those of a sign of 12 px. */
const [SIGN_WIDTH, SIGN_HEIGHT] = [7, 11];

/** Labels that do not lie over each other: where two would, the first stays. What is left out stands in the title of its mark. */
export function placedLabels(labels: readonly Label[]): Element[] {
  const taken: { left: number; right: number; y: number }[] = [];
  return labels.flatMap(({ words, x, y, anchor, look }) => {
    const width = (words.length + 1) * SIGN_WIDTH;
    const left = { start: x, middle: x - width / 2, end: x - width }[anchor];
    const right = left + width;
    const isOver = taken.some(
      (one) => left < one.right && one.left < right && Math.abs(one.y - y) < SIGN_HEIGHT,
    );
    if (isOver) return [];
    taken.push({ left, right, y });
    return [text(words, { x, y, 'text-anchor': anchor, class: look })];
  });
}
