import { type Database, openDatabase } from '@tieline/audit';
import { nodeVerifier, type Signer, type Verifier } from '@tieline/protocol';
import type { BenchSite } from './bench-site.ts';
import { COMMAND_BYTES, PING, PONG, RECEIPT_BYTES } from './command-echo.ts';
import type { ControlEnd } from './control-end.ts';
import { timedMs } from './measure.ts';

/** What one commit writes at the least. */
const ROW_BYTES = 600;

/** The two signs, the two verifies and the two commits each added, ms. */
export type PartTimes = Readonly<Record<'echo' | 'signs' | 'verifies' | 'commits', number>>;

/** The parts of a command's round trip, each alone: nothing is sealed, checked, decided or logged. */
export class CommandParts {
  readonly #control: ControlEnd;
  readonly #signers: readonly { signer: Signer; verifier: Verifier; message: Uint8Array }[];
  readonly #db: Database;
  readonly #commit: (at: number) => void;
  #rows = 0;
  #pong: () => void = () => {};

  constructor(site: BenchSite, control: ControlEnd, path: string) {
    this.#control = control;
    const pairs = [
      [site.provisioned.control.dispatch.signer, COMMAND_BYTES],
      [site.identity.key.signer, RECEIPT_BYTES],
    ] as const;
    this.#signers = pairs.map(([signer, bytes]) => ({
      signer,
      verifier: nodeVerifier(signer.publicKey),
      message: new Uint8Array(bytes).fill(7),
    }));
    this.#db = openDatabase(path, { synchronous: 'FULL' });
    this.#db.exec('CREATE TABLE plain (at INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT');
    const insert = this.#db.prepare<[number, Uint8Array]>('INSERT INTO plain VALUES (?, ?)');
    const row = new Uint8Array(ROW_BYTES).fill(7);
    this.#commit = (at) => void insert.run(at, row);
    control.listen(PONG, () => this.#pong());
  }

  /** Each part once for every end, one behind the other, added by kind. */
  async measure(): Promise<PartTimes> {
    const echoMs = await this.#echo();
    const [signMs, verifyMs, commitMs]: [number[], number[], number[]] = [[], [], []];
    for (const { signer, verifier, message } of this.#signers) {
      let signature = new Uint8Array();
      signMs.push(
        timedMs(() => {
          signature = new Uint8Array(signer.sign(message));
        }),
      );
      verifyMs.push(timedMs(() => verifier.verify(message, signature)));
      this.#rows += 1;
      commitMs.push(timedMs(() => this.#commit(this.#rows)));
    }
    return { echo: echoMs, signs: sum(signMs), verifies: sum(verifyMs), commits: sum(commitMs) };
  }

  async #echo(): Promise<number> {
    const startedMs = performance.now();
    const heard = new Promise<void>((resolve) => {
      this.#pong = resolve;
    });
    await this.#control.bus.publish({
      topic: PING,
      payload: new Uint8Array(COMMAND_BYTES),
      qos: 1,
    });
    await heard;
    return performance.now() - startedMs;
  }

  close(): void {
    this.#db.close();
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
