import type { Plant } from '../plant.ts';

const VERIFY = 'packages/protocol/src/verify';
const DESK = 'edge-agent/src/core/desks/command-desk.ts';

/** Who may command an agent. */
export const AUTHORITY: readonly Plant[] = [
  {
    name: 'the signature of a command is not checked',
    edits: [
      {
        file: `${VERIFY}/addressed.ts`,
        find: 'if (!verifySign1(message, addressedAad(trust.anchor, topic), author.verifier)) {',
        replace:
          'if (!verifySign1(message, addressedAad(trust.anchor, topic), author.verifier) && topic === "") {',
      },
    ],
    scenario: 'stolen-dispatch-key',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'the signatures of an order are not checked',
    edits: [
      {
        file: `${VERIFY}/document.ts`,
        find: "if (!one.verify(aad, signer)) throw refusal(8, 'signature_wrong', { kid: signer.kidText });",
        replace: 'one.verify(aad, signer);',
      },
    ],
    scenario: 'stolen-dispatch-key',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'a sequence number that was passed is taken',
    edits: [
      {
        file: `${VERIFY}/command.ts`,
        find: "if (seq <= seen.seq) throw refusal(10, 'seq_replayed', { seq, seen: seen.seq });",
        replace: '',
      },
    ],
    scenario: 'kept-back-and-late',
    promise: 'harbour.batteryKw at least -1 at most 1 from 3m',
  },
  {
    name: 'the sequence number that was accepted is not written down',
    edits: [{ file: DESK, find: 'this.#store.setReplayState(replay);', replace: '' }],
    scenario: 'kept-back-and-late',
    promise: 'harbour.batteryKw at least -1 at most 1 from 3m',
  },
  {
    name: 'what was accepted before is accepted again',
    edits: [
      {
        file: DESK,
        find: 'storedCommand: (id) => this.#store.command(toHex(id)) ?? null,',
        replace: 'storedCommand: () => null,',
      },
      {
        file: DESK,
        find: 'replay: this.#store.replayState(),',
        replace: 'replay: { epoch: 0, kid: null, seq: 0 },',
      },
      {
        file: DESK,
        find: 'if (this.#isReplay(outcome.offer)) return view.state;',
        replace: '',
      },
    ],
    scenario: 'forged-and-replayed',
    promise: 'harbour.batteryKw at most 1',
  },
  {
    name: 'a command is taken after its time',
    edits: [
      {
        file: `${VERIFY}/command.ts`,
        find: 'if (sessionMs > notAfterSessionMs) {',
        replace: 'if (sessionMs > notAfterSessionMs + 1e9) {',
      },
      {
        file: `${VERIFY}/signed.ts`,
        find: 'if (claims.exp !== undefined && wallS > claims.exp) {',
        replace: 'if (claims.exp !== undefined && wallS > claims.exp + 1e9) {',
      },
    ],
    scenario: 'kept-back-and-late',
    promise: 'harbour.batteryKw at least -1 at most 1 from 3m',
  },
  {
    name: 'an agent takes an order of too few people',
    edits: [
      {
        file: `${VERIFY}/basis.ts`,
        find: 'if (signers.length < needed) {',
        replace: 'if (signers.length < 0 * needed) {',
      },
    ],
    scenario: 'stolen-dispatch-key',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'an agent takes an order for another site',
    edits: [
      {
        file: `${VERIFY}/basis.ts`,
        find: 'order.targets.filter((one) => one.site === site);',
        replace: 'order.targets.filter((one) => one.site === site || one.site !== site);',
      },
    ],
    scenario: 'stolen-dispatch-key',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'an agent takes other actions than people signed',
    edits: [
      {
        file: `${VERIFY}/basis.ts`,
        find: 'checkSameActions(target.actions, actions);',
        replace: 'void actions;',
      },
    ],
    scenario: 'stolen-dispatch-key',
    promise: 'harbour.batteryKw at least -1 at most 1',
  },
  {
    name: 'an older policy takes the place of a newer one',
    edits: [
      {
        file: 'edge-agent/src/core/desks/document-news.ts',
        find: 'return version > held.version;',
        replace: 'return version !== held.version;',
      },
    ],
    scenario: 'older-policy-again',
    promise: 'harbour.importKw at most 80',
  },
];
