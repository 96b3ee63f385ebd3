import type { BusPublication } from '@tieline/bus';
import { toHex } from '@tieline/kernel';
import { KINDS, parseSign1, parseTopic } from '@tieline/protocol';
import type { Onlooker } from '@tieline/virtual';

/** Who owns the broker need not deliver: a command is kept back, with every later offer of it. */
export class Withholding {
  readonly #waiting = new Set<string>();
  /** By site: the command's id, hex, and its first offer. */
  readonly #kept = new Map<string, { readonly command: string; readonly first: BusPublication }>();

  /** @param own  the client id of who does it: their own publications pass */
  constructor(broker: { show(onlooker: Onlooker): void }, own: string) {
    broker.show({ published: (clientId, message) => clientId === own || this.#passes(message) });
  }

  /** The next command to the site is kept back. */
  begin(site: string): void {
    this.#waiting.add(site);
  }

  /** The first offer of what is kept back. @throws where nothing is */
  first(site: string): BusPublication {
    const kept = this.#kept.get(site);
    if (kept === undefined) throw new Error(`no command for ${site} was kept back`);
    return kept.first;
  }

  #passes(message: BusPublication): boolean {
    const { kind, site } = parseTopic(message.topic);
    if (kind !== KINDS.command.name) return true;
    const { id } = KINDS.command.message.decode(parseSign1(message.payload).payload);
    const command = toHex(id);
    if (this.#waiting.delete(site)) this.#kept.set(site, { command, first: message });
    return this.#kept.get(site)?.command !== command;
  }
}
