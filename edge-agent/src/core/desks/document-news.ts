import { equalBytes } from '@tieline/kernel';
import { EPOCH_STEP_MAX } from '@tieline/protocol';
import type { AgentStore, DocumentKind, StoredDocument } from '../../ports/store.ts';
import type { Refusals } from './refusals.ts';

/**
 * Whether a document that came on `topic` takes the place of the one held: versions only rise, and by bounded
 * steps, as epochs do, so that a stolen key cannot use them all up at once. The first one of an agent may have
 * any. Two truths under one version, and a step too large, are noted.
 */
export function isNews(
  kind: DocumentKind,
  { version, bytes }: StoredDocument,
  topic: string,
  { store, refusals }: { readonly store: AgentStore; readonly refusals: Refusals },
): boolean {
  const held = store.document(kind);
  if (held === undefined) return true;
  if (version > held.version + EPOCH_STEP_MAX) {
    const facts = { version, held: held.version, stepMax: EPOCH_STEP_MAX };
    refusals.note('version_step_too_large', topic, { facts });
    return false;
  }
  if (version === held.version && !equalBytes(held.bytes, bytes)) {
    refusals.note(`${kind}_conflict`, topic, { facts: { version } });
  }
  return version > held.version;
}
