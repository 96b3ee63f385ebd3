export type { VirtualEvent } from './event-queue.ts';
export { LINK_QUALITY, type LinkQuality } from './link.ts';
export { VirtualNetwork } from './virtual-network.ts';
export {
  VirtualError,
  type VirtualFailure,
  VirtualWorld,
  type VirtualWorldOptions,
} from './virtual-world.ts';
