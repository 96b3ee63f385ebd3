import { expect, test } from 'vitest';
import { AttackedSite } from '../attacks/attacked-site.ts';
import { SITE } from '../attacks/deployment.ts';
import { sealOrder, setpoint } from '../attacks/forge.ts';

/** Audit records of the receipts that the agent still keeps to be said, and of all that there ever were. */
function outbox(at: AttackedSite): { kept: number[]; ever: number[] } {
  const select = 'SELECT audit_index FROM agent_receipt';
  const kept = at.database.prepare<[], number>(select).pluck().all();
  const kinds = ['accepted', 'active', 'confirmed', 'completed', 'reverted'];
  const ever = kinds.flatMap((kind) => at.records(`command_${kind}`)).map(({ seq }) => seq);
  return { kept, ever };
}

test('whenever the control plane falls, it has every receipt or the agent still keeps it', async () => {
  let lostWithoutOutbox = 0;
  for (let fallsMs = 0; fallsMs <= 5_000; fallsMs += 125) {
    const at = await AttackedSite.start();
    await at.strike();
    // A slow line: commands go on while their receipts are on the way.
    at.network.setQuality(SITE, { delayMs: 300 });
    const actions = [setpoint({ activePowerKw: 0, validForMs: 1 })];
    const ids: string[] = [];
    for (let k = 0; k < 3; k += 1) {
      const { commands } = at.control.submitOrder(sealOrder(at, { actions }));
      ids.push(...commands.map(({ id }) => id));
    }
    await at.world.advance(fallsMs);
    at.network.crash('control-plane');
    await at.world.advance(10_000);
    const held = ids.flatMap((id) =>
      at.control.command(id).ladder.map(({ auditIndex }) => auditIndex),
    );
    const { kept, ever } = outbox(at);
    const missing = ever.filter((index) => !held.includes(index) && !kept.includes(index));
    expect(missing, `fallen after ${fallsMs} ms`).toEqual([]);
    lostWithoutOutbox += ever.length - held.length;
    await at.stop();
  }
  // The moments were well chosen: some receipts never reached the control plane.
  expect(lostWithoutOutbox).toBeGreaterThan(0);
}, 60_000);
