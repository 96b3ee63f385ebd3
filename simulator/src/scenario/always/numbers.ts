import { toHex } from '@tieline/kernel';
import { KINDS, parseSign1, parseTopic } from '@tieline/protocol';
import type { ControlledRun, Inside } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import { Promised } from './promised.ts';

/** What the control plane said last to one site. */
interface Said {
  readonly epoch: number;
  readonly seq: number;
}

/**
 * The numbers of commands rise for each site, and their ids do not come again, over every start of the control plane:
 * read on the wire, as an agent reads them.
 */
export class Numbers extends Promised {
  readonly #last = new Map<string, Said>();
  readonly #ids = new Set<string>();
  #startMs = 0;

  /** @param run  about to begin */
  constructor(run: ControlledRun, { show }: Inside) {
    super(PROMISE.numbers);
    this.#startMs = run.world.wallMs();
    show({
      published: (clientId, { topic, payload }) => {
        if (clientId === 'control-plane') this.#read(topic, payload, run.world.wallMs());
        return true;
      },
    });
  }

  look(): void {}

  #read(topic: string, payload: Uint8Array, wallMs: number): void {
    const { kind, site } = parseTopic(topic);
    if (kind !== KINDS.command.name) return;
    const { epoch = 0, seq = 0, cti } = parseSign1(payload).header.claims;
    const last = this.#last.get(site) ?? { epoch: 0, seq: 0 };
    const rises = epoch > last.epoch || (epoch === last.epoch && seq > last.seq);
    const id = cti === undefined ? '' : toHex(cti);
    if (!rises || this.#ids.has(id)) {
      const behind = `behind ${last.epoch}.${last.seq}`;
      this.broken(`command ${epoch}.${seq} to ${site} ${behind}`, wallMs - this.#startMs);
    }
    this.#last.set(site, { epoch, seq });
    this.#ids.add(id);
  }
}
