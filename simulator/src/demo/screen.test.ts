import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { PlantReport } from './plant-report.ts';
import { colourPaint, drawScreen, plainPaint, type ScreenView } from './screen.ts';

const plant: PlantReport = {
  tMs: Date.UTC(2026, 2, 3, 18, 4, 9),
  importKw: 3_233.4,
  minVoltage: { bus: '18', pu: 0.92041 },
  peakImportKw: null,
  lowestVoltagePu: 0.92,
  sites: [
    ...[{ site: 'harbour', loadKw: 300, pvKw: 0, batteryKw: -12, stateOfCharge: 0.674 }],
    ...[{ site: 'old-foundry', loadKw: 200, pvKw: 0, batteryKw: 41.3, stateOfCharge: 1 }],
  ].map((site) => ({ ...site, importKw: 150, quarterHourKw: 150, voltagePu: 0.95 })),
};
const agent = { waiting: 0, auditReceipted: 1, heardWallMs: 1 };
const reported = { policy: 1, model: '0a970ac4ff', audit: { size: 1 }, refused: {} };
const seen = { confirmedBy: null, clipped: null };
const command = { id: '7e0ae4cc00', site: 'harbour', state: 'confirmed', ...seen };
const PATH = '/tmp/tieline-demo-GI15uR/context.json';
const view: ScreenView = {
  plant,
  sites: [
    {
      ...{ site: 'harbour', limitKw: 140, command },
      agent: { ...agent, site: 'harbour', link: 'present', reported },
    },
    {
      ...{ site: 'old-foundry', limitKw: 200, command: null },
      agent: { ...agent, site: 'old-foundry', link: 'lost', reported: null },
    },
  ],
  told: [`Look for yourself: npx tieline --context ${PATH} agent ls`, 'x'.repeat(200), 'The end.'],
};

test.each([40, 80, 100, 120, 200])('at %i columns no line reaches the edge', (columns) => {
  const size = { columns, storyLines: 20 };
  const plain = drawScreen(view, size, plainPaint);
  for (const line of plain) expect(line.length).toBeLessThan(columns);
  expect(drawScreen(view, size, colourPaint).map(stripVTControlCharacters)).toEqual(plain);
});

test('what is abnormal is marked as well as coloured', () => {
  const [, , , , over, lost] = drawScreen(view, { columns: 120, storyLines: 9 }, plainPaint);
  expect(over).toContain('107 % !');
  expect(lost).toContain('LOST !');
  expect(lost).toContain('75 %  ');
});

test('at 80 columns the link, the last command and every word of the story are there', () => {
  const lines = drawScreen(view, { columns: 80, storyLines: 20 }, plainPaint);
  expect(lines[4]).toContain('linked  7e0ae4cc confirmed');
  expect(lines.some((line) => line.includes(PATH))).toBe(true);
  expect(lines.join('').split('x').length - 1).toBeGreaterThanOrEqual(200);
});

test('the columns of the header stand over their figures, with and without the bar', () => {
  for (const columns of [80, 110, 150]) {
    const [, , , header, harbour] = drawScreen(view, { columns, storyLines: 9 }, plainPaint);
    expect(harbour?.indexOf('linked')).toBe(header?.indexOf('link '));
    expect(harbour?.indexOf('7e0ae4cc')).toBe(header?.indexOf('last command'));
    const end = (header?.indexOf('battery kW') ?? 0) + 'battery kW'.length;
    expect(harbour?.slice(end - 5, end)).toBe('-12.0');
  }
});

test('a story longer than its room shows its end', () => {
  const lines = drawScreen(view, { columns: 80, storyLines: 2 }, plainPaint);
  expect(lines).toHaveLength(4 + 2 + 1 + 2);
  expect(lines.at(-1)).toBe('The end.');
});
