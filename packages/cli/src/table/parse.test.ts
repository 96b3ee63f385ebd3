import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CliError } from '../exit.ts';
import { findWords, parseRest } from './parse.ts';
import { defineCommand } from './spec.ts';

const spec = defineCommand({
  noun: 'pump',
  verb: 'start',
  summary: '',
  operands: {
    file: { value: 'FILE', summary: 'a file' },
    more: { value: 'MORE', summary: '', optional: true },
  },
  flags: {
    kw: { type: 'text', value: 'KW', summary: 'power', required: true },
    tag: { type: 'text', value: 'TAG', summary: '', repeated: true },
    force: { type: 'toggle', summary: '' },
  },
  heeds: ['timeout'],
  schema: null,
  examples: [],
  exits: [],
});

const refusal = (rest: readonly string[]): string => {
  try {
    parseRest(spec, rest);
  } catch (thrown) {
    if (thrown instanceof CliError) return `${thrown.exit} ${thrown.problem.what}`;
    throw thrown;
  }
  return 'accepted';
};

test('noun and verb are found among flags, whose values are not taken for words', () => {
  const words = findWords(['--context', 'ctx.json', 'agent', '--json', 'ls', '--site', 'site-1']);
  expect(words).toMatchObject({ noun: 'agent', verb: 'ls', help: false });
  expect(words.rest).toEqual(['--context', 'ctx.json', '--json', '--site', 'site-1']);
});

test('a negative power needs no equals sign, for any number', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e5, max: -1e-3, noNaN: true }), (value) => {
      const text = value.toFixed(3);
      expect(parseRest(spec, ['feed.json', '--kw', text]).flags['kw']).toBe(text);
    }),
  );
});

test('what follows -- is a word, whatever it looks like', () => {
  expect(parseRest(spec, ['--kw=1', '--', '--file']).operands['file']).toBe('--file');
});

test('a repeated flag keeps every value in order, and a toggle is false when absent', () => {
  const { flags } = parseRest(spec, ['a', '--kw', '1', '--tag', 'x', '--tag', 'y']);
  expect(flags).toEqual({ kw: '1', tag: ['x', 'y'], force: false });
});

describe('refused with exit 2, naming the word', () => {
  test.each([
    [['a', '--kw', '1', '--kw', '2'], '2 --kw is given twice'],
    [['a'], '2 --kw KW is missing'],
    [['--kw', '1'], '2 FILE is missing: a file'],
    [['a', 'b', 'c', '--kw', '1'], "2 One word too many: 'c'"],
    [['a', '--kw', '1', '--kv', '2'], "2 Unknown option '--kv'"],
    [['a', '--kw', '1', '--force=yes'], "2 Option '--force' does not take an argument"],
    [['a', '--kw', '1', '--site', 's'], '2 --site means nothing to `pump start`'],
    [['a', '--kw', '1', '--timeout', '10'], "2 --timeout '10' is not a duration"],
  ])('%j', (rest, problem) => {
    expect(refusal(rest)).toBe(problem);
  });
});

test('whatever is typed, the parser answers or refuses; it never throws anything else', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('--kw', '--kw=', '--', '-', '--site', '-5'));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
      findWords(argv);
      expect(refusal(argv)).toMatch(/^(accepted|2 .+)/s);
    }),
  );
});
