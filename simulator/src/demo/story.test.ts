import { seededRng } from '@tieline/kernel';
import { VirtualWorld } from '@tieline/virtual';
import { expect, test } from 'vitest';
import type { AgentView, CommandView } from '../live/adapters/operator.ts';
import { playStory, type Telling, type Troupe, untilAssembled } from './story.ts';
import { brokenPromises, type DemoSummary } from './summary.ts';

const START_MS = Date.UTC(2026, 2, 3, 18, 45);
const SITES = ['harbour', 'mill-lane', 'old-foundry'];
const CAST = { ordered: 'harbour', bystander: 'mill-lane', cut: 'old-foundry' };

/** A stage on which everything happens as it should, at once, but for what is left out. */
class Players implements Troupe {
  readonly #world: VirtualWorld;
  readonly #fails: string;
  #commands: CommandView[] = [];
  #refused = 0;
  #linked = true;
  #receipted = 40;

  constructor(world: VirtualWorld, fails: string) {
    this.#world = world;
    this.#fails = fails;
  }

  readonly operator = {
    agents: async (): Promise<AgentView[]> => SITES.map((site) => this.#agent(site)),
    commands: async (): Promise<CommandView[]> => this.#commands,
    dispatch: async (site: string): Promise<CommandView> => {
      const confirmedBy = this.#fails === 'confirmation' ? 'device' : 'meter';
      const command: CommandView = {
        ...{ id: 'a1b2c3d4e5', site, state: 'confirmed', confirmedBy, clipped: null },
      };
      this.#commands = [command];
      return command;
    },
  };
  readonly intruder = {
    isUp: true,
    forge: async (): Promise<void> => {
      this.#refused += 1;
    },
    replay: async (): Promise<void> => {
      this.#refused += this.#fails === 'refusal' ? 0 : 1;
    },
  };
  readonly links = new Map(
    SITES.map((site) => [
      site,
      {
        cut: (): void => {
          this.#linked = this.#fails === 'cut';
        },
        restore: (): void => {
          this.#linked = true;
          if (this.#fails === 'drain') this.#receipted = 39;
        },
      },
    ]),
  );
  failure(): string | null {
    return null;
  }

  #agent(site: string): AgentView {
    const [away, runs] = [site === CAST.cut && !this.#linked, this.#fails !== 'model'];
    return {
      site,
      link: away ? 'lost' : 'present',
      heardWallMs: this.#world.wallMs(),
      auditReceipted: this.#receipted,
      waiting: 0,
      reported: {
        model: runs ? '281d6dd3' : null,
        policy: 1,
        audit: { size: 40 },
        refused: site === CAST.ordered ? { signature_wrong: this.#refused } : {},
      },
    };
  }
}

async function told(fails = ''): Promise<{ lines: string; inVain: readonly string[] }> {
  const world = new VirtualWorld({ rng: seededRng(1), wallOriginMs: START_MS });
  const lines: string[] = [];
  const telling: Telling = {
    troupe: new Players(world, fails),
    clock: world,
    cast: CAST,
    tell: (line) => lines.push(line),
    signal: new AbortController().signal,
    inVain: [],
  };
  await world.run(async () => {
    await untilAssembled(telling, SITES.length);
    await playStory(telling, world.wallMs());
  });
  return { lines: lines.join('\n'), inVain: telling.inVain };
}

const summary: DemoSummary = {
  schema: 'tieline.demo/1',
  feeder: 'baran-wu-33',
  agents: 3,
  commands: { confirmed: 1, refused: 3 },
  peakImportKw: { withoutControl: 3_982, withControl: 3_810 },
  minVoltagePu: 0.906,
  audit: { records: 216, bufferedWhileCut: 9, lost: 0, verified: true },
  models: [{ agent: 'harbour', digest: 'sha256:281d6dd3', running: true }],
};

test('an evening on which everything happens is told whole, and waits for nothing in vain', async () => {
  const { lines, inVain } = await told();
  expect(inVain).toEqual([]);
  expect(brokenPromises(summary, inVain)).toEqual([]);
  for (const words of ['confirmed by measurement', 'All three', 'has lost', 'has drained: 40']) {
    expect(lines).toContain(words);
  }
});

test.each([
  ['model', 'every agent is linked and runs its model', null],
  ['confirmation', 'the order is confirmed by measurement', 'confirmed by measurement:'],
  ['refusal', 'all three were refused', 'All three'],
  ['cut', 'old-foundry counts as lost', 'has lost old-foundry'],
  ['drain', 'the audit logs have drained', 'has drained'],
])(
  'without its %s the story does not say that it was so, and is broken',
  async (fails, what, words) => {
    const { lines, inVain } = await told(fails);
    expect(inVain).toEqual([what]);
    expect(lines).toContain(`✗ waited in vain: ${what}`);
    if (words !== null) expect(lines).not.toContain(words);
    expect(brokenPromises(summary, inVain)).toEqual([`waited in vain: ${what}`]);
  },
);

test.each<[string, Partial<DemoSummary>]>([
  ['no command was confirmed by measurement', { commands: { confirmed: 0, refused: 3 } }],
  ['2 commands were refused, three were expected', { commands: { confirmed: 1, refused: 2 } }],
  [
    'the peak with control, 3982.0 kW, is not below that without, 3982.0 kW',
    { peakImportKw: { withoutControl: 3_982, withControl: 3_982 } },
  ],
  [
    'the peak with control, NaN kW, is not below that without, 3982.0 kW',
    { peakImportKw: { withoutControl: 3_982, withControl: Number.NaN } },
  ],
  ['an audit log did not verify', { audit: { ...summary.audit, verified: false } }],
  ['1 audit records were lost', { audit: { ...summary.audit, lost: 1 } }],
  [
    'nothing was buffered while the link was cut',
    { audit: { ...summary.audit, bufferedWhileCut: 0 } },
  ],
  ['a model does not run', { models: [{ ...summary.models[0]!, running: false }] }],
])('a run does not keep its promises where %s', (sentence, change) => {
  expect(brokenPromises({ ...summary, ...change }, [])).toEqual([sentence]);
});
