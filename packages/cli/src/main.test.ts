import type { ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { COMMAND_ID, commandAnswer } from './testing/control-plane.ts';
import { makeDeployment, PASSPHRASE } from './testing/deployment.ts';
import { tielineProcess } from './testing/small-world.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));
const run = (args: readonly string[], input?: string | Uint8Array) =>
  tielineProcess(args, { cwd: directory, ...(input !== undefined && { input }) });
const place = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(directory, name), content);

test('tieline alone, and --help, print every command and end with 0', async () => {
  const [bare, help, version] = await Promise.all([run([]), run(['--help']), run(['--version'])]);
  expect(bare).toEqual(help);
  expect(bare).toMatchObject({ exit: 0, stderr: '' });
  expect(bare.stdout).toContain('sim flow');
  expect(version.stdout).toMatch(/^tieline \d+\.\d+\.\d+\n$/);
});

test('what is not understood ends with 2, with nothing on standard output and the next command', async () => {
  const [noun, verb, flag] = await Promise.all([
    run(['relay', 'ls']),
    run(['order', 'burn']),
    run(['sim', 'flow', 'x', '--speed', '3', '--json']),
  ]);
  expect(noun).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringMatching(/^✗ .*'relay'/),
  });
  expect(verb.stderr).toMatch(/known {2}sign verify show\n.*next {3}tieline order/s);
  expect(JSON.parse(flag.stderr)).toMatchObject({ schema: 'tieline.error/1', exit: 2 });
});

test('an output that takes nothing is a failure, and said in a sentence', async () => {
  const stdout = openSync('/dev/full', 'w');
  const { exit, stderr } = await tielineProcess(['--help'], { stdout });
  closeSync(stdout);
  expect(exit).toBe(1);
  expect(stderr).toMatch(/^✗ The output cannot be written\n {2}reason {2}ENOSPC.*\n$/);
});

test('sim flow answers for the 33-bus feeder as published, between a process and its pipe', async () => {
  const { exit, stdout, stderr } = await run(['sim', 'flow', 'baran-wu-33', '--json']);
  expect([exit, stderr]).toEqual([0, '']);
  const solved = JSON.parse(stdout);
  expect(solved).toMatchObject({ iterations: 8, minVoltage: { bus: '18' } });
  expect(solved.lossKw).toBeCloseTo(202.6771, 4);
});

test('a key file is for its owner alone, and is never written through a link', async () => {
  const argv = ['key', 'new', '--principal', 'bob', '--passphrase-file', '-', '--out'];
  symlinkSync(join(directory, 'elsewhere'), join(directory, 'link.key'));
  const [made, linked] = await Promise.all([
    run([...argv, 'bob.key'], `${PASSPHRASE}\n`),
    run([...argv, 'link.key'], `${PASSPHRASE}\n`),
  ]);
  expect(made).toMatchObject({ exit: 0 });
  expect(statSync(join(directory, 'bob.key')).mode & 0o777).toBe(0o600);
  expect(linked.exit).toBe(2);
});

test('order sign and verify work between processes, the key from a file, without any network', async () => {
  const deployment = makeDeployment();
  place('trust.cose', deployment.trustBytes);
  place('alice.key', deployment.keyFile('alice'));
  place('pass', PASSPHRASE);
  const words = ['--site', 'site-1', '--asset', 'battery-1', '--kw', '-80', '--for', '30m'];
  const key = ['--key', 'alice.key', '--passphrase-file', 'pass', '--trust', 'trust.cose'];
  const argv = ['order', 'sign', ...words, '--reason', 'peak', ...key, '--out', 'order.cose'];
  expect(await run(argv)).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('no terminal'),
  });
  expect(await run([...argv, '--yes'])).toMatchObject({ exit: 0 });
  const verified = await run(['order', 'verify', 'order.cose', '--trust', 'trust.cose', '--json']);
  expect(verified.exit).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true, reason: 'peak' });
});

test('what is missing or too large is refused, from standard input as from a file', async () => {
  const [absent, endless] = await Promise.all([
    run(['order', 'show', 'absent']),
    run(['order', 'show', '-'], Buffer.alloc(3 * 1_048_576)),
  ]);
  expect(absent).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('✗ absent cannot be read'),
  });
  expect(endless).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('✗ standard input is too large'),
  });
});

test('an interrupt while a command is followed ends with 130, at once', async () => {
  let child: ChildProcess | undefined;
  const server = createServer((request, response) => {
    response.writeHead(200);
    if (request.url === '/v1/events') {
      response.write(': alive\n\n');
      child?.kill('SIGINT');
    } else response.end(JSON.stringify(commandAnswer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  place('token', 'a-token-of-this-test');
  place('context.json', JSON.stringify({ url: `http://127.0.0.1:${port}`, tokenFile: 'token' }));
  const watched = await tielineProcess(
    ['dispatch', 'get', COMMAND_ID, '--watch', '--context', 'context.json'],
    {
      cwd: directory,
      started: (one) => {
        child = one;
      },
    },
  );
  server.closeAllConnections();
  server.close();
  expect([watched.exit, watched.stderr]).toEqual([130, '✗ Interrupted\n']);
});
