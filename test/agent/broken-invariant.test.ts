import { expect, test } from 'vitest';
import { AttackedSite } from '../attacks/attacked-site.ts';
import { SITE } from '../attacks/deployment.ts';

test('an agent that cannot say who it is ends with the reason, as with anything else that breaks', async () => {
  const at = await AttackedSite.start();
  const ended = expect(at.agentEnds()).rejects.toThrow('cbor_truncated');
  at.database.exec(`UPDATE agent_value SET value = x'' WHERE name = 'replay'`);
  at.database.exec(`INSERT OR IGNORE INTO agent_value VALUES ('replay', x'')`);
  at.network.reset(SITE);
  await at.world.advance(330_000);
  await ended;
  await at.stopControl();
});
