import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditError, type AuditKeys, auditKeysOf, verifyExport } from '@tieline/audit';
import { assert } from '@tieline/kernel';
import { decodeCbor, encodeCbor, leafHash, openTrust, TreeFold } from '@tieline/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ExportFrame, joinFrames, splitFrames } from './frames.ts';
import { type RecordedRun, recordRun } from './recorded-run.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const [SITE, OTHER] = ['harbour', 'mill-lane'];

let run: RecordedRun;
let keys: AuditKeys;
let frames: ExportFrame[];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-verify-'));
  run = await recordRun();
  // Nothing but the trust document and the file.
  keys = auditKeysOf(openTrust(run.trustBytes));
  frames = splitFrames(exportOf(SITE));
  writeFileSync(join(folder, 'trust.cose'), run.trustBytes);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

function exportOf(site: string): Uint8Array {
  const file = run.exports.get(site);
  assert(file !== undefined, 'the site has a log');
  return file;
}

/** The finding's code; null where the file verifies. Anything but an `AuditError` is a crash. */
function finding(file: Uint8Array, acceptPruned = false): string | null {
  try {
    verifyExport(file, keys, { acceptPruned });
    return null;
  } catch (thrown) {
    if (thrown instanceof AuditError) return thrown.code;
    throw thrown;
  }
}

const isRecord = (frame: ExportFrame): boolean => frame.kind === 'record';
const placesOfRecords = (): number[] =>
  frames.flatMap((frame, at) => (isRecord(frame) ? [at] : []));

describe('the logs of a ten-minute run', () => {
  test('verify with the trust document alone, receipted but for their last words', () => {
    for (const [site, file] of run.exports) {
      const report = verifyExport(file, keys);
      expect(report).toMatchObject({ site, first: 0 });
      expect(report.size).toBeGreaterThan(60);
      expect(report.receiptedSize).toBeGreaterThan(report.size - 20);
      expect(joinFrames(splitFrames(file))).toEqual(file);
    }
  });

  test('fail for any byte changed, wherever it stands', () => {
    const file = exportOf(SITE);
    const place = fc.nat(file.length - 1);
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, bits) => {
        expect(finding(file.with(at, (file[at] ?? 0) ^ bits))).not.toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  test('fail for any record left out, doubled, or put in another place', () => {
    const places = placesOfRecords();
    const one = fc.nat(places.length - 1).map((k) => places[k] ?? 0);
    fc.assert(
      fc.property(one, one, (at, other) => {
        expect(finding(joinFrames(frames.toSpliced(at, 1)))).not.toBeNull();
        expect(finding(joinFrames(frames.toSpliced(at, 0, frames[at]!)))).not.toBeNull();
        if (at === other) return;
        const swapped = frames.with(at, frames[other]!).with(other, frames[at]!);
        expect(finding(joinFrames(swapped))).not.toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  test('fail for a beginning left out, unless it is said that the file may begin later', () => {
    const stripped = withoutBeginning(frames, 16);
    expect(finding(joinFrames(stripped))).toBe('export_pruned');
    expect(finding(joinFrames(stripped), true)).toBeNull();
  });

  test('fail for any tail cut off', () => {
    const file = exportOf(SITE);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: file.length - 1 }), (kept) => {
        expect(finding(file.slice(0, kept))).not.toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  test('fail for a receipted tail cut off by the very agent, which signs a shorter log', () => {
    const log = run.logs.get(SITE);
    assert(log !== undefined, 'the site has a log');
    const size = log.receiptedSize - 3;
    const shorter = frames.flatMap((frame, at): ExportFrame[] => {
      if (frame.kind === 'checkpoint') return [{ ...frame, content: log.checkpoint(size) }];
      return isRecord(frame) && placesOfRecords().indexOf(at) >= size ? [] : [frame];
    });
    expect(finding(joinFrames(shorter))).toBe('log_truncated');
  });

  test('fail where two logs were spliced, at any place', () => {
    const others = splitFrames(exportOf(OTHER));
    const within = { min: 1, max: Math.min(frames.length, others.length) - 1 };
    fc.assert(
      fc.property(fc.integer(within), (at) => {
        const spliced = [...frames.slice(0, at), ...others.slice(at)];
        expect(finding(joinFrames(spliced))).not.toBeNull();
      }),
      { numRuns: 30 },
    );
  });
});

describe('tieline audit', () => {
  /** The program itself, as people run it. */
  function tieline(verb: 'verify' | 'replay', file: Uint8Array) {
    const path = join(folder, 'log.cbor');
    writeFileSync(path, file);
    const args = ['audit', verb, path, '--trust', join(folder, 'trust.cose'), '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  test('verifies and replays what the run left behind: exit 0', () => {
    const verified = tieline('verify', exportOf(SITE));
    expect(verified.status, verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true, site: SITE });
    const replayed = tieline('replay', exportOf(SITE));
    expect(replayed.status, replayed.stderr).toBe(0);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ identical: true });
  }, 60_000);

  test.each<[what: string, forge: () => Uint8Array]>([
    ['one byte changed', () => flip(exportOf(SITE))],
    ['a record missing in the middle', () => joinFrames(frames.toSpliced(middle(), 1))],
    ['a receipted tail cut off', () => joinFrames(frames.slice(0, -30))],
    [
      'two logs spliced',
      () => {
        const others = splitFrames(exportOf(OTHER));
        return joinFrames([...frames.slice(0, middle()), ...others.slice(middle())]);
      },
    ],
  ])(
    'verify: exit 4 for %s',
    (_what, forge) => {
      const { status, stdout } = tieline('verify', forge());
      expect(status).toBe(4);
      expect(stdout).not.toContain('"verified":true');
    },
    60_000,
  );
});

function middle(): number {
  const places = placesOfRecords();
  return places[Math.floor(places.length / 2)] ?? 0;
}

function flip(file: Uint8Array): Uint8Array {
  const at = Math.floor(file.length / 2);
  return file.with(at, (file[at] ?? 0) ^ 1);
}

/** The file as it would be had its first records been pruned: made from the file alone, with nobody's key. */
function withoutBeginning(whole: readonly ExportFrame[], count: number): ExportFrame[] {
  const [header, checkpoint, newest, ...rest] = whole;
  assert(header !== undefined && checkpoint !== undefined && newest !== undefined, 'an export');
  const fold = new TreeFold();
  const kept: ExportFrame[] = [];
  for (const frame of rest) {
    if (isRecord(frame) && fold.size < count) fold.append(leafHash(frame.content));
    else if (fold.size === count) kept.push(frame);
  }
  const receipts = 1 + kept.filter(({ kind }) => kind === 'receipt').length;
  const told = { ...Object(decodeCbor(header.content)), receipts };
  const content = encodeCbor({ ...told, first: count, frontier: [...fold.frontier] });
  return [{ ...header, content }, checkpoint, newest, ...kept];
}
