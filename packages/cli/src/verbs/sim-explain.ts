import { shellWord } from '@tieline/kernel';
import { type Explanation, explain, reproducing } from '@tieline/simulator';
import { EXIT, usageError } from '../exit.ts';
import { readScenarios } from '../input/scenarios.ts';
import type { simExplain } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { duration, instant } from '../text/humane.ts';
import { layoutFacts } from '../text/layout.ts';
import { paint, plainText } from '../text/paint.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

export const run: Verb<typeof simExplain> = async ({ operands, global, world }) => {
  const [scenario, ...others] = readScenarios(operands.scenario);
  if (scenario === undefined || others.length > 0) {
    const next = `tieline sim lint ${shellWord(operands.scenario)}`;
    throw usageError('One scenario is explained at a time', [['named', operands.scenario]], next);
  }
  const explained = explain(scenario);
  if (global.json) printJson(world, { schema: 'tieline.explain/1', ...explained });
  else printExplanation(world, explained);
  return EXIT.ok;
};

function printExplanation(world: World, explained: Explanation): void {
  const { colour } = world.stdout;
  const { scenario, about, mustFail, startMs, durationMs, feeder, sites } = explained;
  const section = (title: string, lines: readonly string[]): string =>
    lines.length === 0
      ? ''
      : `\n${paint(title, 'strong', colour)}\n${lines.map((line) => `  ${plainText(line)}\n`).join('')}`;
  const times: readonly (readonly [string, string])[] = [
    [instant(startMs).slice(11, 19), 'it begins'],
    ...explained.timeline.map(({ wallMs, what }) => [clockTime(wallMs, startMs), what] as const),
    [clockTime(startMs + durationMs, startMs), 'it ends'],
  ];
  const text = [
    `${paint(scenario, 'strong', colour)}${mustFail ? ' (must fail)' : ''}\n  ${plainText(about)}\n`,
    section('Feeder', [feeder]),
    ...sites.map(({ site, has, policy }) => section(`Site ${site}`, [...has, ...policy])),
    `\n${paint('What happens', 'strong', colour)} (${duration(durationMs)} from ${instant(startMs)})\n`,
    layoutFacts(
      times.map(([time, what]) => [`  ${time}`, what] as const),
      colour,
    ),
    section(
      mustFail ? 'What is expected, and must be broken' : 'What is expected',
      explained.expected,
    ),
    section('What every run promises', explained.promised),
    section('Run it', [reproducing(explained)]),
  ];
  world.stdout.write(text.join(''));
}

/** `18:02:30`, with the day where it is a later one than that of the beginning. */
function clockTime(wallMs: number, startMs: number): string {
  const [day, time] = [instant(wallMs).slice(0, 10), instant(wallMs).slice(11, 19)];
  return day === instant(startMs).slice(0, 10) ? time : `${day} ${time}`;
}
