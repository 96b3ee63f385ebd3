import { DRAFT_DETAILS, DRAFT_FLAGS } from './shared.ts';
import { defineCommand } from './spec.ts';

const WATCH_FLAG = {
  type: 'toggle',
  summary: 'follow it until it is measured or has ended',
} as const;

const WATCH_DETAILS =
  '--watch ends with 0 when the meter has measured it, or when it ended and the device had confirmed it; with 3 when the effect is unknown, with 5 when a limit refused it or let only a part of it through, measured or not, with 4 for a key, signature or role. --timeout bounds the whole wait.';

export const dispatchPreview = defineCommand({
  noun: 'dispatch',
  verb: 'preview',
  summary: 'show what an order would do, before anybody signs it',
  details: [
    'Power flow of the last known state of all sites, before and after, against the policy in force. With --out the draft is written together with the digest of this preview, for `order sign --draft`: the control plane then refuses the order if it says anything else, if the preview is more than an hour old, or if another policy came into force.',
    DRAFT_DETAILS,
  ],
  operands: {},
  flags: {
    ...DRAFT_FLAGS,
    out: { type: 'text', value: 'FILE', summary: 'write the draft that was previewed' },
  },
  heeds: ['context', 'site', 'timeout'],
  schema: 'tieline.preview/1',
  examples: [
    'tieline dispatch preview --site site-1 --asset battery-1 --kw 80 --for 30m --reason "evening peak" --out draft.json',
  ],
  exits: [3, 4, 5],
});

export const dispatchSend = defineCommand({
  noun: 'dispatch',
  verb: 'send',
  summary: 'hand a signed order to the control plane',
  details: [
    'Sending the same order again changes nothing. Sent is not done: only --watch, or `dispatch get`, says what was measured.',
    WATCH_DETAILS,
  ],
  operands: { file: { value: 'ORDER', summary: 'a signed order; - is standard input' } },
  flags: { watch: WATCH_FLAG },
  heeds: ['context', 'timeout'],
  schema: 'tieline.dispatched/1, and with --watch tieline.command-progress/1 for every change',
  examples: ['tieline dispatch send order.cose --watch'],
  exits: [3, 4, 5, 6, 7],
});

export const dispatchLs = defineCommand({
  noun: 'dispatch',
  verb: 'ls',
  summary: 'list commands, those that need attention first',
  operands: {},
  flags: {
    state: { type: 'text', value: 'STATE', summary: 'only commands in this state' },
    limit: { type: 'text', value: 'N', summary: 'how many, newest first; default 20' },
  },
  heeds: ['context', 'site', 'timeout'],
  schema: 'tieline.commands/1',
  examples: ['tieline dispatch ls', 'tieline dispatch ls --site site-1 --state unknown'],
  exits: [3, 4],
});

export const dispatchGet = defineCommand({
  noun: 'dispatch',
  verb: 'get',
  summary: 'show a command and every rung that it climbed',
  details: [WATCH_DETAILS],
  operands: { id: { value: 'ID', summary: 'a command id, 32 hex digits' } },
  flags: { watch: WATCH_FLAG },
  heeds: ['context', 'timeout'],
  schema: 'tieline.command/1, and with --watch tieline.command-progress/1 for every change',
  examples: ['tieline dispatch get 7f83b1657ff1fc53b92dc18148a1d65d --watch'],
  exits: [3, 4, 5],
});
