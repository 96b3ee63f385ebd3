import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvents, type ServerEvent } from './server-events.ts';

async function read(chunks: readonly Uint8Array[]): Promise<readonly ServerEvent[]> {
  const source = async function* () {
    yield* chunks;
  };
  const events: ServerEvent[] = [];
  for await (const event of readEvents(source())) events.push(event);
  return events;
}

const TEXT = `: alive

id: 3-1
event: command
data: {"site":"site-1","note":"größer"}

data: first
data:second

event: nothing

id: 3-2\r
event: agent\r
data: {}\r
\r
data: never ended`;
const EVENTS = [
  { id: '3-1', event: 'command', data: '{"site":"site-1","note":"größer"}' },
  { id: undefined, event: 'message', data: 'first\nsecond' },
  { id: '3-2', event: 'agent', data: '{}' },
];

test('events are read whole, comments and events without data are none, the unfinished last is dropped', async () => {
  expect(await read([new TextEncoder().encode(TEXT)])).toEqual(EVENTS);
});

test('wherever the bytes are cut, within a character or a line break too, the events are the same', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, k) => bytes.slice(at[k], end));
      expect(await read(chunks)).toEqual(EVENTS);
    }),
  );
});

test('an event that never ends is given up, not gathered', async () => {
  const line = new TextEncoder().encode(`data: ${'x'.repeat(65_536)}\n`);
  await expect(read(Array.from({ length: 20 }, () => line))).rejects.toThrow(RangeError);
});
