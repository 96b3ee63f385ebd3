import { toHex } from '@tieline/kernel';
import { KINDS, parseSign1, parseTopic } from '@tieline/protocol';
import type { Conduct } from '../conduct.ts';
import type { ControlledRun, Inside } from '../controlled-run.ts';
import type { Scenario } from '../scenario.ts';
import type { Controlled } from './controlled.ts';

/** An order has ramped out, and its device been told, this long after its end at the latest. */
export const RAMP_OUT_MS = 30_000;

/** When commands were last on the wire: an agent cannot have begun with one later than that. */
export class Offers {
  /** By the command's id, hex; ms after the run began. */
  readonly #lastMs = new Map<string, number>();

  /** @param run  about to begin */
  constructor({ world }: ControlledRun, { show }: Inside) {
    const startMs = world.wallMs();
    show({
      published: (_, { topic, payload }) => {
        if (parseTopic(topic).kind === KINDS.command.name) {
          const { id } = KINDS.command.message.decode(parseSign1(payload).payload);
          this.#lastMs.set(toHex(id), world.wallMs() - startMs);
        }
        return true;
      },
    });
  }

  lastMs(command: string): number | undefined {
    return this.#lastMs.get(command);
  }
}

/** Which devices people have the say of, and when. */
export class Ordered {
  readonly #timeline: Scenario['timeline'];
  readonly #orders: Conduct['orders'];
  readonly #offers: Pick<Offers, 'lastMs'> | null;

  constructor(
    { timeline }: Scenario,
    { orders }: Pick<Conduct, 'orders'>,
    offers: Pick<Offers, 'lastMs'> | null,
  ) {
    this.#timeline = timeline;
    this.#orders = orders;
    this.#offers = offers;
  }

  /** Whether an order for this device may be between its beginning and its end. */
  now({ site, model }: Controlled, nowMs: number): boolean {
    return this.#timeline.some(({ at, order }) => {
      if (order?.site !== site.plant.site || order.asset !== model.ratings.asset) return false;
      const command = this.#orders.get(order.name)?.command;
      if (command == null) return false;
      // Where nobody looks at the wire, it is taken to have been sent at once.
      const offeredMs = this.#offers === null ? at : this.#offers.lastMs(command);
      if (offeredMs === undefined) return false;
      return nowMs >= at && nowMs <= offeredMs + order.for + RAMP_OUT_MS;
    });
  }
}
