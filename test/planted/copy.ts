import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plant, planted } from './plant.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROOMS = ['packages', 'edge-agent', 'control-plane', 'simulator'];
const SCOPE = '@tieline';

/**
 * The sources in a folder of their own, with what others wrote linked from here. The names of our own rooms lead to
 * the copy: a bug planted there is the one that runs.
 */
export class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), 'tieline-planted-'));

  constructor() {
    cpSync(join(ROOT, 'package.json'), join(this.folder, 'package.json'));
    for (const room of ROOMS) {
      cpSync(join(ROOT, room), join(this.folder, room), { recursive: true });
    }
    const [theirs, own] = [join(ROOT, 'node_modules'), join(this.folder, 'node_modules')];
    mkdirSync(join(own, SCOPE), { recursive: true });
    for (const name of readdirSync(theirs)) {
      if (name !== SCOPE && !name.startsWith('.')) symlinkSync(join(theirs, name), join(own, name));
    }
    for (const room of [...ROOMS, ...readdirSync(join(this.folder, 'packages'))]) {
      const path = ROOMS.includes(room) ? room : join('packages', room);
      if (room !== 'packages') symlinkSync(join(this.folder, path), join(own, SCOPE, room));
    }
  }

  /**
   * Plants a bug; what is disposed of takes it out again.
   *
   * @throws where an edit does not fit the code any more
   */
  plant({ edits }: Plant): Disposable {
    const before = new Map<string, string>();
    const restore = (): void => {
      for (const [path, text] of before) writeFileSync(path, text);
    };
    try {
      for (const edit of edits) {
        const path = join(this.folder, edit.file);
        const text = readFileSync(path, 'utf8');
        if (!before.has(path)) before.set(path, text);
        writeFileSync(path, planted(text, edit));
      }
    } catch (thrown) {
      restore();
      throw thrown;
    }
    return { [Symbol.dispose]: restore };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
