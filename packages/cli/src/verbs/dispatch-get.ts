import { EXIT, usageError } from '../exit.ts';
import { type Command, CommandDetail } from '../http/answers.ts';
import { ControlPlane } from '../http/control-plane.ts';
import { progressError, progressInWords, toneOf } from '../http/progress.ts';
import { watchCommands } from '../http/watch.ts';
import type { dispatchGet } from '../table/dispatch.ts';
import type { Verb } from '../table/spec.ts';
import { instant } from '../text/humane.ts';
import { jsonActionInWords } from '../text/json-action.ts';
import { layoutFacts, layoutTable } from '../text/layout.ts';
import { paint } from '../text/paint.ts';
import { printJson } from '../text/print.ts';
import { progressTeller } from '../text/progress.ts';

export const run: Verb<typeof dispatchGet> = async ({ flags, operands, global, world }) => {
  if (!/^[0-9a-f]{32}$/.test(operands.id)) {
    throw usageError(`'${operands.id}' is not a command id`, [['wanted', '32 hex digits']]);
  }
  const control = await ControlPlane.open(world, global);
  const command = await control.get(`/v1/commands/${operands.id}`, CommandDetail);
  if (global.json) printJson(world, { schema: 'tieline.command/1', ...command });
  else world.stdout.write(commandText(command, world.stdout.colour));
  if (!flags.watch) return EXIT.ok;
  const clock = await world.clock(control.context.clock);
  const tell = progressTeller(world, global, () => clock.wallMs());
  const states = await watchCommands(control, world, [operands.id], global.timeoutMs, tell);
  const error = progressError(states);
  if (error !== null) throw error;
  return EXIT.ok;
};

function commandText(command: CommandDetail, colour: boolean): string {
  const tone = toneOf(command);
  return [
    paint(`${progressInWords(command)}\n`, tone === 'normal' ? 'strong' : tone, colour),
    layoutFacts(factsOf(command), colour),
    '\n',
    ladderText(command.ladder, colour),
  ].join('');
}

function ladderText(ladder: CommandDetail['ladder'], colour: boolean): string {
  if (ladder.length === 0) return 'The agent has sent no receipt yet.\n';
  return layoutTable(
    [
      { header: 'RUNG' },
      { header: 'ACTION', align: 'right' },
      { header: 'FACTS' },
      { header: 'AGENT’S TIME' },
      { header: 'AUDIT RECORD', align: 'right' },
    ],
    ladder.map((rung) => ({
      cells: [
        rung.state,
        rung.action === null ? 'all' : `${rung.action + 1}`,
        factsInWords(rung.facts),
        `${instant(rung.agentWallMs)}${rung.clock === 'trusted' ? '' : ` (clock ${rung.clock})`}`,
        `${rung.auditIndex}`,
      ],
    })),
    colour,
  );
}

function factsInWords(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, fact]) => `${name} ${typeof fact === 'string' ? fact : JSON.stringify(fact)}`)
    .join(', ');
}

function factsOf(command: Command): readonly (readonly [string, string])[] {
  return [
    ['command', command.id],
    ['site', command.site],
    [command.basis, command.order ?? 'within the automatic margin'],
    ['reason', command.reason],
    ['begins', `from ${instant(command.notBeforeWallMs)} to ${instant(command.notAfterWallMs)}`],
    ...command.actions.map(
      (action, at) => [`action ${at + 1}`, jsonActionInWords(action)] as const,
    ),
  ];
}
