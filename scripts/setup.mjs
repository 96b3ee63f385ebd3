/**
 * Makes a fresh checkout ready: installs the locked packages, among them the pinned Node 24 that the
 * npm scripts after this one run on. Plain JavaScript for Node 18 and later; does nothing in a few
 * milliseconds when nothing is to do. Why it exists: docs/adr/0001-node-24-from-the-registry.md.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.tieline-setup');
const packaged = ['linux-x64', 'linux-arm64'];
const platform = `${process.platform}-${process.arch}`;
const majorWanted = 24;

function fail(message) {
  console.error(`✗ Tieline set-up: ${message}`);
  process.exit(1);
}

/** What an up-to-date installation was made from: the lock file, on this platform. */
function fingerprint() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${platform}`;
}

function isCurrent(wanted) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
}

function isMusl() {
  return process.platform === 'linux' && !process.report?.getReport().header.glibcVersionRuntime;
}

function checkPlatform() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 18)
    fail(`Node ${process.versions.node} is too old to install with; use Node 18 or later.`);
  if (isMusl()) fail('musl is not supported: onnxruntime-node needs glibc 2.28 or later.');
  if (!packaged.includes(platform) && major < majorWanted) {
    fail(
      `no Node ${majorWanted} package exists for ${platform} (there is one for ${packaged.join(', ')}).\n` +
        `  next  install Node ${majorWanted} yourself and run the same command again.`,
    );
  }
}

/**
 * `install --no-save` and not `ci`: both take exactly the locked versions and check their digests, but
 * `ci` also refuses a lock in which an optional package of some other platform is not listed.
 */
function install() {
  console.error('Tieline set-up: installing the locked packages (about half a minute, once) …');
  const npm = process.env.npm_execpath;
  const args = [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const ran = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (ran.status !== 0) {
    fail(
      `npm install ended with ${ran.status ?? ran.signal ?? ran.error?.message}; its message stands above.`,
    );
  }
}

/** The Node that npm scripts will find first must be the pinned one, or a system Node as new. */
function checkNode() {
  const local = join(root, 'node_modules', '.bin', 'node');
  const node = existsSync(local) ? local : process.execPath;
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  if (!version.startsWith(`v${majorWanted}.`)) {
    fail(`Node ${majorWanted} was expected in node_modules/.bin, found '${version}'.`);
  }
  return version;
}

const wanted = fingerprint();
if (!isCurrent(wanted)) {
  checkPlatform();
  rmSync(stampFile, { force: true });
  install();
  const version = checkNode();
  writeFileSync(stampFile, wanted);
  console.error(`Tieline set-up: ready on Node ${version}.`);
}
