import type { Plant } from '../plant.ts';

const LOG = 'packages/audit/src/audit-log.ts';
const UPLINK = 'edge-agent/src/core/link/uplink.ts';

/** What is written down, and what of it reaches the control plane. */
export const AUDIT: readonly Plant[] = [
  {
    name: 'devices are told first, and the record follows',
    edits: [
      {
        file: 'edge-agent/src/core/log/recorder.ts',
        find: 'return changed || full || this.#isOwing;',
        replace: 'return (changed && cycle[6].length > 0) || full;',
      },
    ],
    scenario: 'slow-ramp',
    promise: 'no device is asked for what is not on record first',
  },
  {
    name: 'an accepted command enters no record',
    edits: [
      {
        file: 'edge-agent/src/core/log/recorder.ts',
        find: 'kind: RECORD_KINDS.accepted,\n      subject,\n      body,',
        replace: "kind: 'command_noted',\n      subject,\n      body,",
      },
    ],
    scenario: 'device-forgets',
    promise: 'every decision of harbour replays',
  },
  {
    name: 'inner hashes of the log forget their left half',
    edits: [
      {
        file: 'packages/protocol/src/merkle/hash.ts',
        find: 'input.set(left, 1);\n  input.set(right',
        replace: 'input.fill(0, 1); void left;\n  input.set(right',
      },
    ],
    scenario: 'wrong-clock',
    promise: 'the root of the audit log of harbour is that of RFC 6962',
  },
  {
    name: 'records leave the gateway before anybody signed for them',
    edits: [
      {
        file: LOG,
        find: 'const limit = Math.min(this.receiptedSize, this.size - keepRecords);',
        replace: 'const limit = this.size - keepRecords;',
      },
      { file: UPLINK, find: 'const RECORDS_KEPT = 100_000;', replace: 'const RECORDS_KEPT = 10;' },
    ],
    scenario: 'order-over-a-cut-link',
    promise: 'no record leaves a gateway that the control plane does not hold',
  },
  {
    name: "the witness's receipt is ignored",
    edits: [
      {
        file: UPLINK,
        find: 'this.#store.audit.acceptReceipt(message, this.#keys);',
        replace: 'void [message, this.#keys];',
      },
    ],
    scenario: 'wrong-clock',
    promise: 'what an agent records is receipted',
  },
  {
    name: 'the log is uploaded once, and no more',
    edits: [
      {
        file: UPLINK,
        find: 'this.#auditDueMs = nowMs + AUDIT_AGAIN_MS;',
        replace: 'this.#auditDueMs = nowMs + 1e9;',
      },
      {
        file: UPLINK,
        find: 'this.#mayPrune = true;\n      this.#auditDueMs = 0;',
        replace: 'this.#mayPrune = true;',
      },
    ],
    scenario: 'wrong-clock',
    promise: 'what an agent records is receipted',
  },
];
