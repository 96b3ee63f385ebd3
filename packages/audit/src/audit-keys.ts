import { toHex } from '@tieline/kernel';
import { scopeCoversSite, type Trust } from '@tieline/protocol';
import type { AuditKeys } from './statement.ts';

/** The trust document as the audit log asks it: who signs logs and receipts, whatever the time is. */
export function auditKeysOf(trust: Trust): AuditKeys {
  return {
    anchor: trust.anchor,
    deployment: trust.document.deployment,
    find(kid, role, site) {
      const key = trust.keys.get(toHex(kid));
      const speaks = key?.roles.has(role) && scopeCoversSite(key.scope, site);
      return key !== undefined && speaks ? key : null;
    },
  };
}
