import { KINDS, type Kind, type Telemetry } from '@tieline/protocol';
import { expect, test } from 'vitest';
import type { Decision } from '../law/decide.ts';
import { measured } from '../law/fixture-site.ts';
import type { ImageReading, ProcessImage } from '../law/process-image.ts';
import { TelemetryFeed } from './telemetry.ts';

const WALL_MS = Date.UTC(2026, 2, 3, 18);

/** A feed, one sample a second, and a link that may be down; what arrives must be a message that decodes. */
class Feed {
  readonly feed = new TelemetryFeed(1_000);
  readonly arrived: Telemetry[] = [];
  readonly assets: readonly string[];
  up = true;
  second = 0;
  wallOffsetMs = WALL_MS;

  constructor(assets = 4) {
    this.assets = Array.from({ length: assets }, (_, place) => `battery-${place}`);
  }

  add(): void {
    const reading: ImageReading = measured(this.second + 0.123, { stateOfCharge: 0.5 });
    const readings = Object.fromEntries(this.assets.map((asset) => [asset, reading]));
    const sessionMs = this.second * 1_000;
    const at = { sessionMs, wallMs: this.wallOffsetMs + sessionMs, clock: 'trusted' } as const;
    const image: ProcessImage = { ...at, readings };
    const setpoints = Object.fromEntries(this.assets.map((asset) => [asset, this.second]));
    const decision: Decision = { setpoints, reasons: {}, conflicts: [], doubts: [], events: [] };
    this.feed.add(image, decision, null);
    this.second += 1;
  }

  async run(seconds: number): Promise<void> {
    for (let k = 0; k < seconds; k += 1) {
      this.add();
      await this.feed.send(this.mouth);
    }
  }

  readonly mouth = {
    isUp: true,
    say: async <Body>(kind: Kind<Body>, body: Body): Promise<boolean> => {
      if (!this.up) return false;
      KINDS.telemetry.message.decode(kind.message.encode(body));
      this.arrived.push(body as Telemetry);
      return true;
    },
  };

  /** Seconds that the arrived values of one series say that they were measured at, beside those values. */
  dated(asset = 'battery-0'): [second: number, value: number | null][] {
    return this.arrived.flatMap(({ startWallMs, stepMs, series }) =>
      series
        .filter((one) => one.asset === asset && one.quantity === 'setpoint-kw')
        .flatMap(({ values }) =>
          values.map((value, k): [number, number | null] => [
            (startWallMs - WALL_MS + k * stepMs) / 1_000,
            value,
          ]),
        ),
    );
  }
}

test('ten seconds go out as one message, each value at its second', async () => {
  const feed = new Feed();
  await feed.run(20);
  expect(feed.arrived).toHaveLength(2);
  expect(feed.dated()).toEqual(Array.from({ length: 20 }, (_, second) => [second, second]));
});

test('an outage of hours arrives as means that fit their messages, none at a wrong time', async () => {
  for (const assets of [1, 4, 31]) {
    const feed = new Feed(assets);
    feed.up = false;
    await feed.run(7_200);
    feed.up = true;
    await feed.run(60);
    const means = feed.dated().filter(([second]) => second < 7_190);
    expect(means).toHaveLength(719);
    for (const [second, value] of means) expect(value).toBe(second + 4.5);
    expect(feed.feed.bufferedPoints).toBe(0);
  }
});

test('means from two outages do not run into each other', async () => {
  const feed = new Feed();
  feed.up = false;
  await feed.run(8_000);
  feed.up = true;
  await feed.run(12);
  feed.up = false;
  await feed.run(60);
  feed.up = true;
  await feed.run(60);
  for (const [second, value] of feed.dated()) {
    expect([second, second + 4.5]).toContain(value);
  }
});

test('a sender that is not called any more costs bounded memory, and loses the second for the mean', async () => {
  const feed = new Feed();
  for (let k = 0; k < 3_600; k += 1) feed.add();
  await feed.run(200);
  expect(feed.dated().length).toBeLessThan(700);
  expect(feed.feed.bufferedPoints).toBe(0);
});

test('a clock that is set, and a cycle that is missed, begin a message of their own', async () => {
  const feed = new Feed();
  await feed.run(5);
  feed.second += 3;
  await feed.run(5);
  feed.wallOffsetMs += 3_600_000;
  await feed.run(10);
  expect(feed.arrived.map(({ series }) => series[0]?.values.length)).toEqual([5, 5, 10]);
  expect(feed.dated().slice(4, 6)).toEqual([
    [4, 4],
    [8, 8],
  ]);
});

test('what outgrows its room goes oldest first', async () => {
  const feed = new Feed();
  feed.up = false;
  feed.mouth.isUp = false;
  await feed.run(4 * 86_400);
  expect(feed.feed.bufferedPoints).toBeLessThan(300_000);
  feed.up = true;
  feed.mouth.isUp = true;
  await feed.run(1);
  expect(feed.dated()[0]?.[0]).toBeGreaterThan(86_400);
});
