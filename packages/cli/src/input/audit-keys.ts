import type { AuditKeys } from '@tieline/audit';
import { resolveKey, scopeCoversSite, type Trust, TrustError } from '@tieline/protocol';

/** The keys of a trust document that may speak of logs. A log is older than its reader: expiry is not asked. */
export function auditKeysOf(trust: Trust): AuditKeys {
  return {
    anchor: trust.anchor,
    deployment: trust.document.deployment,
    find(kid, role, site) {
      try {
        const key = resolveKey(trust, kid, role, null);
        return scopeCoversSite(key.scope, site) ? key : null;
      } catch (thrown) {
        if (thrown instanceof TrustError) return null;
        throw thrown;
      }
    },
  };
}
