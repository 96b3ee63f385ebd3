import { z } from 'zod';

/**
 * What is read of the control plane's answers. Unknown keys are kept and passed on: the API may grow, and `--json` shows
 * what it says. Times are Unix ms; powers in kW; ids and digests hex.
 */
export const Agent = z.looseObject({
  site: z.string(),
  link: z.enum(['unheard', 'present', 'lost']),
  sinceWallMs: z.number(),
  heardWallMs: z.number().nullable(),
  sess: z.string().nullable(),
  boot: z.number().nullable(),
  bornWallMs: z.number().nullable(),
  software: z.string().nullable(),
  quarantine: z
    .looseObject({ code: z.string(), facts: z.record(z.string(), z.unknown()) })
    .nullable(),
  reported: z
    .looseObject({
      trust: z.number(),
      policy: z.number(),
      model: z.string().nullable(),
      clock: z.string(),
      audit: z.looseObject({ size: z.number() }),
      mode: z.string().nullable(),
      control: z.string().nullable(),
      buffered: z
        .looseObject({
          receipts: z.number(),
          auditRecords: z.number(),
          telemetryPoints: z.number(),
        })
        .nullable(),
      refused: z.record(z.string(), z.number()),
    })
    .nullable(),
  auditReceipted: z.number(),
  waiting: z.number(),
});
export type Agent = z.output<typeof Agent>;

export const AgentDetail = Agent.extend({
  measurements: z.array(
    z.looseObject({
      asset: z.string(),
      quantity: z.string(),
      value: z.number(),
      wallMs: z.number(),
    }),
  ),
});

/** How far a command has come. */
export const Progress = z.looseObject({
  id: z.string(),
  site: z.string(),
  state: z.string(),
  confirmedBy: z.enum(['device', 'meter']).nullable(),
  /** What a limit has left of it; its power in kW, positive into the grid. */
  clipped: z.looseObject({ by: z.string(), toKw: z.number() }).nullable(),
  final: z.boolean(),
  detail: z.string().nullable(),
});
export type Progress = z.output<typeof Progress>;

export const Command = Progress.extend({
  order: z.string().nullable(),
  basis: z.string(),
  actions: z.array(z.looseObject({ type: z.string() })),
  reason: z.string(),
  createdWallMs: z.number(),
  notBeforeWallMs: z.number(),
  notAfterWallMs: z.number(),
});
export type Command = z.output<typeof Command>;

export const CommandDetail = Command.extend({
  ladder: z.array(
    z.looseObject({
      state: z.string(),
      action: z.number().nullable(),
      facts: z.record(z.string(), z.unknown()),
      auditIndex: z.number(),
      agentWallMs: z.number(),
      clock: z.string(),
    }),
  ),
});
export type CommandDetail = z.output<typeof CommandDetail>;

const SiteState = z.looseObject({ importKw: z.number(), voltagePu: z.number().nullable() });
const bothSides = <S extends z.ZodType>(shape: S) => z.looseObject({ before: shape, after: shape });

export const Preview = z.looseObject({
  schema: z.literal('tieline.preview/1'),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  policyVersion: z.number(),
  sites: z.array(
    z.looseObject({
      site: z.string(),
      before: SiteState,
      after: SiteState,
      measuredWallMs: z.number().nullable(),
      headroom: z
        .looseObject({
          importFallKw: z.number(),
          importRiseKw: z.number(),
          fallStops: z.string(),
          riseStops: z.string(),
        })
        .nullable(),
      quarterHourImportMaxKw: z.number(),
      withinMargin: z.boolean(),
      violations: z.array(z.looseObject({ code: z.string() })),
      unmodelled: z.array(z.string()),
    }),
  ),
  minVoltage: bothSides(z.looseObject({ bus: z.string(), pu: z.number() })),
  lossKw: bothSides(z.number()),
  feederImportKw: bothSides(z.number()),
});
export type Preview = z.output<typeof Preview>;

/** The policy as it was signed, base64. */
export const PolicyAnswer = z.looseObject({ document: z.string() });

export const Model = z.looseObject({
  digest: z.string(),
  name: z.string(),
  version: z.string(),
  bytes: z.number(),
  pushedWallMs: z.number(),
});

/** What a site was told to run, and what its agent reports; null = no model, the rule. */
export const ModelStatus = z.looseObject({
  site: z.string(),
  desired: z.string().nullable(),
  running: z.string().nullable(),
  /** The agent runs what was asked for. */
  settled: z.boolean(),
});

export const AuditRecord = z.looseObject({
  seq: z.number(),
  wallMs: z.number(),
  clock: z.string(),
  actor: z.string(),
  kind: z.string(),
  subject: z.string(),
  body: z.unknown(),
});
export type AuditRecord = z.output<typeof AuditRecord>;
