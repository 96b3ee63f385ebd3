import type { BusPublication } from '@tieline/bus';
import { equalBytes, toHex } from '@tieline/kernel';
import { KINDS, parseSign1, parseTopic } from '@tieline/protocol';

/**
 * Asked of every message on its way to a site whether it passes. @param clientId  who has published it; null where that
 * cannot be seen
 */
export type HoldsBack = (clientId: string | null, message: BusPublication) => boolean;

/** Who owns the broker need not deliver: a command is kept back, with every later offer of it. */
export class Withholding {
  readonly #own: string;
  readonly #waiting = new Set<string>();
  /** By site: the command's id, hex, and its first offer. */
  readonly #kept = new Map<string, { readonly command: string; readonly first: BusPublication }>();
  /** Passes once: what is on its way by now cannot be told from an offer of the same bytes, nor need it be. */
  #released: Uint8Array | null = null;

  /** @param own  the client id of who does it: their own publications pass */
  constructor(own: string) {
    this.#own = own;
  }

  /** The next command to the site is kept back. */
  begin(site: string): void {
    this.#waiting.add(site);
  }

  /** The first offer of what is kept back, to be published. @throws where nothing is */
  release(site: string): BusPublication {
    const kept = this.#kept.get(site);
    if (kept === undefined) throw new Error(`no command for ${site} was kept back`);
    this.#released = kept.first.payload;
    return kept.first;
  }

  readonly passes: HoldsBack = (clientId, message) => {
    if (this.#released !== null && equalBytes(this.#released, message.payload)) {
      this.#released = null;
      return true;
    }
    return clientId === this.#own || this.#mayPass(message);
  };

  #mayPass(message: BusPublication): boolean {
    const { kind, site } = parseTopic(message.topic);
    if (kind !== KINDS.command.name) return true;
    const command = commandIn(message.payload);
    if (command === null) return true;
    if (this.#waiting.delete(site)) this.#kept.set(site, { command, first: message });
    return this.#kept.get(site)?.command !== command;
  }
}

/** Its id, hex; null where somebody has sent what is none. */
function commandIn(payload: Uint8Array): string | null {
  try {
    return toHex(KINDS.command.message.decode(parseSign1(payload).payload).id);
  } catch {
    return null;
  }
}
