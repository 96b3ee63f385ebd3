import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byScenario, ReportFiles } from '@tieline/simulator';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookedAtRuns, NAMES } from './looked-at.ts';
import { type ReportServer, serveReports } from './report-server.ts';
import { isHere } from './required.ts';

const CHROMIUM = '/usr/bin/chromium';
const SETUP_MAX_MS = 120_000;
const WIDTHS = [1_280, 390] as const;
const SCHEMES = ['light', 'dark'] as const;

describe.runIf(isHere(CHROMIUM, 'report.html in Chromium'))('report.html in Chromium', () => {
  let browser: Browser;
  let server: ReportServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tieline-report-'));
    const files = new ReportFiles(folder, byScenario);
    for (const run of await lookedAtRuns()) files.add(run);
    files.close();
    server = await serveReports(folder);
    // As root in a container there is no sandbox to be had.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, SETUP_MAX_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a page and gives what the browser complained of. */
  async function opened(
    name: string,
    scheme: (typeof SCHEMES)[number],
    width: number,
  ): Promise<{ page: Page; complaints: string[] }> {
    const viewport = { width, height: 900 };
    const page = await browser.newPage({ viewport, colorScheme: scheme });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`not loaded: ${request.url()}`));
    const answer = await page.goto(`${server.url}/${name}/report.html`);
    expect(answer?.headers()['content-security-policy']).toContain("default-src 'none'");
    return { page, complaints };
  }

  test('the policy bites: a page with a style of its own is complained of', async () => {
    const { page, complaints } = await opened(NAMES[0]!, 'light', 1_280);
    await page.evaluate('document.body.setAttribute("style", "color: red")');
    expect(complaints.join()).toContain('Content Security Policy');
    await page.close();
  }, 30_000);

  describe.each(NAMES)('%s', (name) => {
    test.each(SCHEMES)(
      'is drawn in %s colours, and the browser complains of nothing',
      async (scheme) => {
        const { page, complaints } = await opened(name, scheme, 1_280);
        const seen = await page.evaluate(LOOK);
        expect(complaints).toEqual([]);
        expect(seen.scripts).toBe(0);
        expect(seen.ground).toBe(scheme === 'light' ? 'rgb(244, 244, 242)' : 'rgb(25, 27, 30)');
        expect(seen.charts.length).toBeGreaterThan(4);
        for (const [width, height] of seen.charts) {
          expect(width).toBeGreaterThan(800);
          expect(height).toBeGreaterThan(90);
        }
        expect(seen.own).toEqual([scheme === 'light' ? 'rgb(36, 39, 43)' : 'rgb(217, 219, 221)']);
        // Drawn, and not a line of no length.
        expect(seen.shortestOwnPx).toBeGreaterThan(100);
        expect(seen.buses).toBe(33);
        await page.close();
      },
      30_000,
    );

    test.each(WIDTHS)(
      'nothing reaches beyond a window of %d px',
      async (width) => {
        const { page } = await opened(name, 'light', width);
        const { beyond, textPx } = await page.evaluate(FIT);
        expect(beyond).toEqual([]);
        expect(textPx).toBeGreaterThan(8);
        await page.close();
      },
      30_000,
    );

    test('no label of the feeder lies over another', async () => {
      const { page } = await opened(name, 'light', 1_280);
      const { labels, over } = await page.evaluate(LABELS);
      expect(labels).toBeGreaterThan(1);
      expect(over).toEqual([]);
      await page.close();
    }, 30_000);
  });

  test.each(SCHEMES)(
    'what is abnormal at the feeder has a colour, a width and a sign of its own, in %s colours',
    async (scheme) => {
      const { page } = await opened('overloaded', scheme, 1_280);
      const { normal, high, over, dead, signs } = await page.evaluate(ABNORMAL);
      expect(new Set([normal?.colour, high?.colour, over?.colour]).size).toBe(3);
      expect(high!.width).toBeGreaterThan(normal!.width);
      expect(over!.width).toBeGreaterThan(high!.width);
      expect(dead!.colour).toBe(over!.colour);
      for (const sign of ['▲', '✗', 'no supply', 'open']) expect(signs).toContain(sign);
      await page.close();
    },
    30_000,
  );

  test('kept promises are folded away until somebody asks, and bills can be read on a telephone', async () => {
    const { page } = await opened('demand-charge-saved', 'light', 390);
    const promise = page.getByText('no process ends by a fault of its own');
    expect(await promise.isVisible()).toBe(false);
    await page.getByText('What every run promises').click();
    expect(await promise.isVisible()).toBe(true);
    const bills = page.getByText('Bills with control and without, EUR');
    expect(await bills.isVisible()).toBe(true);
    const { beyond } = await page.evaluate(FIT);
    expect(beyond).toEqual([]);
    await page.close();
  }, 30_000);
});

interface Seen {
  readonly scripts: number;
  readonly ground: string;
  readonly charts: readonly (readonly [number, number])[];
  readonly own: readonly string[];
  readonly shortestOwnPx: number;
  readonly buses: number;
}

/** What stands in the page, as the browser laid it out. */
const LOOK = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const colour = (element) => getComputedStyle(element).stroke;
  return {
    scripts: document.scripts.length,
    ground: getComputedStyle(document.body).backgroundColor,
    charts: all('svg.chart').map((one) => {
      const { width, height } = one.getBoundingClientRect();
      return [width, height];
    }),
    own: [...new Set(all('path.own').map(colour))],
    shortestOwnPx: Math.min(...all('svg.chart path.own').map((one) => one.getBoundingClientRect().width)),
    buses: all('svg.chart path.bus').length,
  };
})()` as unknown as () => Seen;

/** What reaches beyond the window, unless it can be scrolled where it stands; and how large the smallest text is. */
const FIT = `(() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) =>
    element !== null && (getComputedStyle(element).overflowX === 'auto' || scrolls(element.parentElement));
  const beyond = [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > width + 1 && !scrolls(one))
    .map((one) => one.outerHTML.slice(0, 80));
  if (document.documentElement.scrollWidth > width) beyond.push('the page');
  const texts = [...document.querySelectorAll('svg.chart text')];
  const scale = (one) => one.ownerSVGElement.getBoundingClientRect().width / 960;
  return { beyond, textPx: Math.min(...texts.map((one) => 12 * scale(one))) };
})()` as unknown as () => { readonly beyond: readonly string[]; readonly textPx: number };

interface Stroke {
  readonly colour: string;
  readonly width: number;
}

/** How branches and dead buses are drawn in the diagram, and its words. */
const ABNORMAL = `(() => {
  const diagram = [...document.querySelectorAll('svg.chart')].find((one) => one.querySelector('path.bus'));
  const stroke = (selector) => {
    const found = diagram.querySelector(selector);
    if (found === null) return null;
    const { stroke, strokeWidth } = getComputedStyle(found);
    return { colour: stroke, width: Number.parseFloat(strokeWidth) };
  };
  return {
    normal: stroke('path.wire.normal'),
    high: stroke('path.wire.high'),
    over: stroke('path.wire.over'),
    dead: stroke('path.bus.dead'),
    signs: [...diagram.querySelectorAll('text')].map((one) => one.textContent).join(' '),
  };
})()` as unknown as () => Readonly<Record<'normal' | 'high' | 'over' | 'dead', Stroke | null>> & {
  readonly signs: string;
};

/** The words of the diagram, and which of them lie over each other. */
const LABELS = `(() => {
  const diagram = [...document.querySelectorAll('svg.chart')].find((one) => one.querySelector('path.bus'));
  const texts = [...diagram.querySelectorAll('text')].map((one) => [one.textContent, one.getBBox()]);
  const over = texts.flatMap(([words, a], at) =>
    texts.slice(at + 1)
      .filter(([, b]) => a.x < b.x + b.width && b.x < a.x + a.width && a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height)
      .map(([other]) => words + ' and ' + other));
  return { labels: texts.length, over };
})()` as unknown as () => { readonly labels: number; readonly over: readonly string[] };
