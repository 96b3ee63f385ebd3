import type { Comparison, Figure, Moved } from '@tieline/simulator';
import { paint, plainText } from './paint.ts';

/** A scenario beside what was accepted of it: one line, and under it one for each figure that moved. */
export function comparisonText(
  { scenario, state, moved, trace }: Comparison,
  colour: boolean,
): string {
  const same = state === 'same';
  const head = `${same ? '=' : '≠'} ${plainText(scenario)}${STATES[state]}`;
  const lines = [
    paint(head, same ? 'normal' : 'warning', colour),
    ...moved.map(
      (one) => `    ${plainText(one.what)}  ${figure(one.was)} → ${figure(one.is)}${turned(one)}`,
    ),
    ...(trace === 'differs'
      ? [`    trace  differs${moved.length === 0 ? ', and no figure' : ''}`]
      : []),
    ...(trace === 'elsewhere' ? ['    trace  not compared: accepted on another platform'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

const STATES: Readonly<Record<Comparison['state'], string>> = {
  same: '',
  differs: '',
  new: ': new, nothing is accepted of it yet',
  vanished: ': vanished, no file has this name',
};

function figure(value: Figure): string {
  if (value === null) return '–';
  if (typeof value === 'boolean') return value ? 'kept' : 'broken';
  return `${value}`.replace('-', '−');
}

/** A headroom whose sign changes is more than a figure that moved. */
function turned({ of, was, is }: Moved): string {
  const isHeadroom = of === 'expectation' && typeof was === 'number' && typeof is === 'number';
  if (!isHeadroom) return '';
  if (was >= 0 === is >= 0) return ' (headroom)';
  return is >= 0 ? ' (headroom: broken → kept)' : ' (headroom: kept → broken)';
}
