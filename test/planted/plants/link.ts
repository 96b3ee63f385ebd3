import type { Plant } from '../plant.ts';

const UPLINK = 'edge-agent/src/core/link/uplink.ts';
const CORE = 'control-plane/src/core';

/** Time, the link, and what either side does when it is back. */
export const LINK: readonly Plant[] = [
  {
    name: 'the clock of the gateway is believed as it is',
    edits: [
      {
        file: 'edge-agent/src/core/session.ts',
        find: 'this.#attested === null\n        ?',
        replace: 'this.#attested === null || sessionMs >= 0\n        ?',
      },
    ],
    scenario: 'wrong-clock',
    promise: 'order after confirmed by measurement',
  },
  {
    name: 'everybody connects again at once',
    edits: [
      {
        file: 'packages/bus/src/reconnect.ts',
        find: 'return this.#jitter.uniform() * ceilingMs;',
        replace: 'return this.#jitter.uniform() * 0 + ceilingMs;',
      },
    ],
    scenario: 'many-sites-together',
    promise: 'clients that lost the broker together do not return to it at once',
  },
  {
    name: 'no heartbeat after the first',
    edits: [
      {
        file: UPLINK,
        find: 'const HEARTBEAT_MS = 10_000;',
        replace: 'const HEARTBEAT_MS = 10_000_000;',
      },
    ],
    scenario: 'wrong-clock',
    promise: 'every agent that can be reached is heard again',
  },
  {
    name: 'a silent agent stays present',
    edits: [
      {
        file: `${CORE}/agent-state.ts`,
        find: 'return silent && wasHeard ? lost(state) : { state, changes: [] };',
        replace: 'return silent && !wasHeard ? lost(state) : { state, changes: [] };',
      },
      {
        file: `${CORE}/agent-state.ts`,
        find: "return state.link === 'lost' ? { state, changes: [] } : lost(state);",
        replace: 'return { state, changes: [] };',
      },
    ],
    scenario: 'order-over-a-cut-link',
    promise: 'harbour.linked at most 0',
  },
  {
    name: 'a started control plane forgets which commands wait',
    edits: [
      {
        file: `${CORE}/dispatch.ts`,
        find: 'for (const command of ports.store.unacknowledged()) {',
        replace: 'for (const command of ports.store.unacknowledged().slice(64)) {',
      },
    ],
    scenario: 'order-waits-for-its-agent',
    promise: 'order waiting reverted',
  },
  {
    name: 'a started control plane counts terms and commands from one again',
    edits: [
      {
        file: `${CORE}/term.ts`,
        find: "this.#epoch = ports.store.raise('epoch');",
        replace: 'this.#epoch = 1;',
      },
      {
        file: 'control-plane/src/adapters/sqlite/sqlite-control-store.ts',
        find: 'return this.#sql.nextSeq.get(site, kid)?.value ?? 0;',
        replace:
          'this.#given = (this.#given ?? 0) + 1; return this.#given; }\n  #given = 0;\n  #unused(site: string, kid: string): string {\n    return site + kid;',
      },
    ],
    scenario: 'control-stops-and-returns',
    promise: 'no number of a command is used twice',
  },
  {
    name: 'a command that has no receipt is not offered again',
    edits: [
      {
        file: `${CORE}/offer-queue.ts`,
        find: '(sess !== view.sess || view.monotonicMs >= againMs),',
        replace: '(sess === null || againMs > 1e15),',
      },
    ],
    scenario: 'order-lost-on-the-way',
    promise: 'order lost reverted',
  },
  {
    name: 'the policy is not published again to a broker that forgot it',
    edits: [
      {
        file: `${CORE}/bulletin.ts`,
        find: 'this.publishPolicy();\n    this.#presenceDueMs',
        replace: 'this.#presenceDueMs',
      },
    ],
    scenario: 'broker-forgets-everything',
    promise: 'harbour.importKw at most 80',
  },
  {
    name: 'the log of an agent is not read for what became of its commands',
    edits: [
      {
        file: `${CORE}/inbox.ts`,
        find: 'this.#receipts.readAudit(site);',
        replace: '',
      },
      {
        file: 'edge-agent/src/core/desks/receipts.ts',
        find: 'this.#restarts += 1;\n    this.#sentCounter = 0;',
        replace: 'this.#restarts += 1;',
      },
    ],
    scenario: 'control-stops-and-returns',
    promise: 'order before reverted',
  },
  {
    name: 'an order is offered to an agent that does not know the time',
    edits: [
      {
        file: 'control-plane/src/core/offer-queue.ts',
        find: '(view.isClocked || !isJudgedByClock(command)) &&',
        replace: '',
      },
    ],
    scenario: 'order-for-an-agent-that-boots',
    promise: 'order waiting never refused',
  },
];
