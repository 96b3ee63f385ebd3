import type { Policy } from '@tieline/protocol';
import type { z } from 'zod';

/** One site with one battery; powers in kW, positive into the grid. */
export function samplePolicy(): z.input<typeof Policy> {
  return {
    version: 7,
    deployment: 'demo',
    issuedAt: 1_748_736_000,
    approvals: { routine: 1, critical: 1 },
    sites: [
      {
        site: 'site-1',
        importMaxKw: 500,
        exportMaxKw: 300,
        quarterHourImportMaxKw: 350,
        rechargeImportMaxKw: 250,
        assets: [
          {
            asset: 'battery-1',
            limit: { minKw: -200, maxKw: 200 },
            margin: { minKw: -120, maxKw: 120 },
            reserveStateOfCharge: 0.2,
            rampKwPerS: 20,
            safePowerKw: 0,
          },
        ],
        dwellMs: 5_000,
        reversalsPerHourMax: 12,
        releaseWithinMs: 30_000,
        commandsPerHourMax: 60,
      },
    ],
  };
}
