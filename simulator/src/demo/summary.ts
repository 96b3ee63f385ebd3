import { z } from 'zod';

/** The one object that `npm start -- --json` prints; every figure is measured in the run. */
export const DemoSummary = z.strictObject({
  schema: z.literal('tieline.demo/1'),
  feeder: z.string(),
  agents: z.int(),
  commands: z.strictObject({ confirmed: z.int(), refused: z.int() }),
  /** Highest quarter-hour mean import of the feeder, kW, over the same quarter hours and the same seed. */
  peakImportKw: z.strictObject({ withoutControl: z.number(), withControl: z.number() }),
  minVoltagePu: z.number(),
  audit: z.strictObject({
    records: z.int(),
    bufferedWhileCut: z.int(),
    lost: z.int(),
    verified: z.boolean(),
  }),
  models: z.array(z.strictObject({ agent: z.string(), digest: z.string(), running: z.boolean() })),
});
export type DemoSummary = z.output<typeof DemoSummary>;

/**
 * What the story claims and the run did not show; empty = it came true.
 * @param inVain  what the story waited for, and never saw
 */
export function brokenPromises(summary: DemoSummary, inVain: readonly string[]): readonly string[] {
  const { commands, peakImportKw, audit, models } = summary;
  const claims: readonly [boolean, string][] = [
    [commands.confirmed >= 1, 'no command was confirmed by measurement'],
    [commands.refused >= 3, `${commands.refused} commands were refused, three were expected`],
    [
      peakImportKw.withControl < peakImportKw.withoutControl,
      `the peak with control, ${kw(peakImportKw.withControl)}, is not below that without, ` +
        kw(peakImportKw.withoutControl),
    ],
    [audit.verified, 'an audit log did not verify'],
    [audit.lost === 0, `${audit.lost} audit records were lost`],
    [audit.bufferedWhileCut > 0, 'nothing was buffered while the link was cut'],
    [models.length > 0 && models.every(({ running }) => running), 'a model does not run'],
  ];
  return [
    ...inVain.map((what) => `waited in vain: ${what}`),
    ...claims.filter(([holds]) => !holds).map(([, sentence]) => sentence),
  ];
}

function kw(powerKw: number): string {
  return `${powerKw.toFixed(1)} kW`;
}
