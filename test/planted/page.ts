import type { Finding } from './finding.ts';
import type { Plant } from './plant.ts';

/** A plant, and what found it. */
export interface Found {
  readonly plant: Plant;
  readonly by: Finding | null;
  /** Until it was found, ms. */
  readonly wallMs: number;
}

const HEAD = `# What the scenarios catch

A test suite that passes shows little until it is known what would make it fail. So bugs are planted, one at a time, into a
copy of the code, and the scenarios that ship have to find each of them: by an expectation of a scenario, or by a
[promise of every run](../reference/scenario-file.md#expectations), which judges by the plant, the devices, the wire and the log on the
disk, and never by what the code believes of itself. A bug counts as found only where a run came to its end and a promise was
broken in it; a copy that does not start finds nothing.

The bugs lie in \`test/planted/plants\`, each with the scenario and the promise that find it, which \`npm test\` holds it to. The table is
made by \`npm run planted\`, which plants each bug anew and plays that scenario, and where it finds nothing all the others but those that
must fail. *When* is simulated time after the beginning of the scenario: when a bound was passed farthest, an order was too late, or a
promise was first broken; – where the whole run was looked at after its end. *After* is the time that it took on the machine which made the table,
with the start of the process.

Some checks stand behind others, so that a bug in one alone moves nothing: a command that was accepted before is missed by its id, by
its number and by its bytes. There the plant takes them all away. What no scenario looks for yet: measurements of an outage that are dropped when the link is back, a control plane that passes on an order of too few people. Tests of
single rooms hold both.
`;

export function page(found: readonly Found[]): string {
  const rows = found.map(({ plant, by, wallMs }) => {
    const files = [...new Set(plant.edits.map(({ file }) => `\`${file}\``))].join(', ');
    const broken = by === null ? 'nothing' : `${by.scenario}: ${by.broken.expected}`;
    const atMs = by?.broken.atMs ?? null;
    const when = atMs === null ? '–' : minutes(atMs);
    return `| ${plant.name} | ${files} | ${broken} | ${when} | ${(wallMs / 1_000).toFixed(0)} s |`;
  });
  const missed = found.filter(({ by }) => by === null).length;
  return `${HEAD}
${found.length} bugs, ${found.length - missed} found.

| bug | planted in | found by | when | after |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** `2:05` */
function minutes(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
