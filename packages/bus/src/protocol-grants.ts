import { TOPICS, type TopicKind, topicFilters } from '@tieline/protocol';
import type { Grants } from './grants.ts';

/**
 * What an agent may do at the broker: publish what its site says to the control plane, hear what is said to its
 * site, and keep nothing there. Derived from the protocol's topics.
 */
export function agentGrants(deployment: string, site: string): Grants {
  return {
    publish: topicFilters(deployment, site, 'to-control'),
    subscribe: topicFilters(deployment, site, 'to-agent'),
  };
}

/** What the control plane may do: the reverse, for all sites, and keep what the protocol calls retained. */
export function controlPlaneGrants(deployment: string): Grants {
  const publish = topicFilters(deployment, '+', 'to-agent');
  const kept = (Object.keys(TOPICS) as TopicKind[]).filter((kind) => TOPICS[kind].retained);
  return {
    publish,
    subscribe: topicFilters(deployment, '+', 'to-control'),
    retain: publish.filter((filter) => kept.some((kind) => filter.endsWith(`/+/${kind}`))),
  };
}
