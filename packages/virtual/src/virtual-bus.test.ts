import { busCompliance } from '@tieline/bus/compliance';
import { seededRng } from '@tieline/kernel';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualWorld } from './virtual-world.ts';

for (const [name, jitterMs] of [
  ['a steady', 0],
  ['a jittery', 40],
] as const) {
  busCompliance(`the virtual network with ${name} link`, async () => {
    const rng = seededRng(5);
    const world = new VirtualWorld({ rng });
    const network = new VirtualNetwork(world, rng);
    for (const clientId of ['sender', 'receiver']) network.setQuality(clientId, { jitterMs });
    return {
      bus: (clientId) => network.bus(clientId),
      reset: (clientId) => network.reset(clientId),
      cut(clientId) {
        network.cut(clientId);
        network.reset(clientId);
      },
      restore: (clientId) => network.restore(clientId),
      run: (body) => world.run(body),
      async close() {},
    };
  });
}
