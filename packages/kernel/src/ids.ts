import { z } from 'zod';

/** Every name on the wire: deployment, site (and so agent), asset. Safe in a topic, a path and a URL. */
export const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,31}$/;

const id = (what: string) =>
  z.string().regex(ID_PATTERN, `${what}: 1 to 32 of a-z, 0-9 and '-', not starting with '-'`);

export const DeploymentId = id('deployment id');
export type DeploymentId = z.output<typeof DeploymentId>;
/** A substation or feeder head; its agent has the same id. */
export const SiteId = id('site id');
export type SiteId = z.output<typeof SiteId>;
/** A controllable or measured thing at a site. */
export const AssetId = id('asset id');
export type AssetId = z.output<typeof AssetId>;
