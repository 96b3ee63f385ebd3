import type { Plant } from './plant.ts';
import { AUDIT } from './plants/audit.ts';
import { AUTHORITY } from './plants/authority.ts';
import { DEVICES } from './plants/devices.ts';
import { LIMITS } from './plants/limits.ts';
import { LINK } from './plants/link.ts';
import { SETPOINTS } from './plants/setpoints.ts';

/** Every bug that the scenarios have to find. */
export const PLANTS: readonly Plant[] = [
  ...SETPOINTS,
  ...LIMITS,
  ...DEVICES,
  ...AUTHORITY,
  ...AUDIT,
  ...LINK,
];
