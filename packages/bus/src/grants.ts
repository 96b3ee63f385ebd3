import { filterContains, isPublishable, isSubscribable } from './topic-filter.ts';

/** What one client may do, as MQTT filters; what is not granted is denied. */
export interface Grants {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Where it may leave a retained message; also needs `publish`. None when absent. */
  readonly retain?: readonly string[];
}

export const GRANT_ALL: Grants = { publish: ['#'], subscribe: ['#'], retain: ['#'] };

export type GrantRefusal = 'topic_invalid' | 'publish_denied' | 'retain_denied' | 'qos_2';

/** Why this publication, or will, is not allowed; `null` when it is. */
export function publishRefusal(
  grants: Grants,
  publication: { readonly topic: string; readonly qos: number; readonly retain: boolean },
): GrantRefusal | null {
  if (!isPublishable(publication.topic)) return 'topic_invalid';
  if (publication.qos > 1) return 'qos_2';
  if (!covers(grants.publish, publication.topic)) return 'publish_denied';
  if (publication.retain && !covers(grants.retain ?? [], publication.topic)) return 'retain_denied';
  return null;
}

/** Why this subscription is not allowed; `null` when it is. */
export function subscribeRefusal(
  grants: Grants,
  subscription: { readonly topic: string; readonly qos: number },
): 'topic_invalid' | 'subscribe_denied' | 'qos_2' | null {
  if (!isSubscribable(subscription.topic)) return 'topic_invalid';
  if (subscription.qos > 1) return 'qos_2';
  return covers(grants.subscribe, subscription.topic) ? null : 'subscribe_denied';
}

/** Whether a message on this topic may be handed to the client, whatever it is subscribed to. */
export function mayReceive(grants: Grants, topic: string): boolean {
  return covers(grants.subscribe, topic);
}

function covers(filters: readonly string[], filterOrTopic: string): boolean {
  return filters.some((filter) => filterContains(filter, filterOrTopic));
}
