export type { VirtualEvent } from './event-queue.ts';
export type { LinkQuality } from './link.ts';
export type { Onlooker } from './virtual-broker.ts';
export { VirtualNetwork } from './virtual-network.ts';
export {
  VirtualError,
  type VirtualFailure,
  VirtualWorld,
  type VirtualWorldOptions,
} from './virtual-world.ts';
