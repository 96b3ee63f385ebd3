/** Flags that several rows share, so that they read the same everywhere. */
export const TRUST_FLAG = {
  type: 'text',
  value: 'FILE',
  summary: 'the trust document to judge by; default: the context’s',
} as const;

export const KEY_FLAG = {
  type: 'text',
  value: 'FILE',
  summary: 'the key file to sign with; - reads it from standard input',
  required: true,
} as const;

export const PASSPHRASE_FLAG = {
  type: 'text',
  value: 'FILE',
  summary: 'read the passphrase from the first line of a file; - is standard input',
} as const;

/** What an order is drafted from: a file, or flags for one setpoint of one asset. */
export const DRAFT_FLAGS = {
  draft: { type: 'text', value: 'FILE', summary: 'a draft (JSON) instead of the flags below' },
  asset: { type: 'text', value: 'ASSET', summary: 'the asset that is to move' },
  kw: {
    type: 'text',
    value: 'KW',
    summary: 'active power, positive into the grid: 80 discharges, -80 charges a battery',
  },
  for: { type: 'text', value: 'DURATION', summary: 'how long it holds, e.g. 30m' },
  ramp: { type: 'text', value: 'KW', summary: 'slope in and out, kW per second; default 10' },
  'revert-kw': {
    type: 'text',
    value: 'KW',
    summary: 'hold this power afterwards; default: the local rule goes on',
  },
  reason: { type: 'text', value: 'TEXT', summary: 'why, for everybody who reads the log' },
  class: { type: 'text', value: 'CLASS', summary: 'routine (default) or critical' },
  expires: {
    type: 'text',
    value: 'DURATION',
    summary: 'the order may be begun within this time from now; default 15m',
  },
} as const;

export const DRAFT_DETAILS =
  'Powers are in kW and positive into the grid: a discharging battery and a generating inverter are positive, a charging battery is negative.';
