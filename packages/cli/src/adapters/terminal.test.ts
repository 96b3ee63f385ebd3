import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askSecret, askYesNo } from './terminal.ts';

/** A terminal whose every event is written down in order: raw mode on and off, and what is shown. */
function terminal(isTTY = true) {
  const events: string[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (raw: boolean) => void events.push(raw ? 'raw' : 'cooked'),
  });
  const output = new PassThrough();
  output.on('data', (text: Buffer) => events.push(text.toString()));
  return { events, input, output, interrupt: new AbortController() };
}

test('echo is off before the prompt is seen, and on again afterwards', async () => {
  const at = terminal();
  const answer = askSecret('Passphrase: ', at);
  at.input.write('sesame\r');
  expect(await answer).toBe('sesame');
  expect(at.events).toEqual(['raw', 'Passphrase: ', 'cooked', '\n']);
});

test('a second question is answered as well as the first, and backspace takes back', async () => {
  const at = terminal();
  const first = askSecret('New: ', at);
  at.input.write('sesamé\u007fex\b\n');
  expect(await first).toBe('sesame');
  const second = askSecret('Again: ', at);
  at.input.write('ses');
  at.input.write('ame\n');
  expect(await second).toBe('sesame');
});

test('the interrupt key ends the question, whoever sends it, and gives the terminal back', async () => {
  const typed = terminal();
  const asking = askSecret('Passphrase: ', typed);
  typed.input.write('ses\u0003');
  await expect(asking).rejects.toThrow('interrupted');
  expect(typed.interrupt.signal.aborted).toBe(true);
  expect(typed.events.at(-2)).toBe('cooked');

  const signalled = terminal();
  const waiting = askSecret('Passphrase: ', signalled);
  signalled.interrupt.abort();
  await expect(waiting).rejects.toThrow('interrupted');
  await expect(askSecret('Passphrase: ', signalled)).rejects.toThrow('interrupted');
});

test.each([
  ['y', true],
  ['YES', true],
  ['', false],
  ['n', false],
  ['yup', false],
])("'%s' means %s", async (typed, means) => {
  const at = terminal();
  const answer = askYesNo('Sign?', at);
  at.input.write(`${typed}\n`);
  expect(await answer).toBe(means);
  expect(at.events).toEqual(['Sign? [y/N] ']);
});

test('without a terminal nobody is asked', async () => {
  const at = terminal(false);
  expect([await askSecret('Passphrase: ', at), await askYesNo('Sign?', at)]).toEqual([null, null]);
  expect(at.events).toEqual([]);
});
