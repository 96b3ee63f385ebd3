import { clipText, DeploymentId, ID_PATTERN, SiteId, TielineError } from '@tieline/kernel';

/** Which way a topic's messages go, how, and whether the broker keeps the last one. */
interface TopicRule {
  readonly direction: 'to-agent' | 'to-control';
  readonly qos: 0 | 1;
  readonly retained: boolean;
}

const toAgent = (qos: 0 | 1, retained = false): TopicRule => ({
  direction: 'to-agent',
  qos,
  retained,
});
const toControl = (qos: 0 | 1): TopicRule => ({ direction: 'to-control', qos, retained: false });

/** Every topic of the protocol: `tl1/{deployment}/{site}/{kind}`. */
export const TOPICS = {
  command: toAgent(1),
  presence: toAgent(0),
  receipt: toControl(1),
  birth: toControl(1),
  death: toControl(1),
  'desired/trust': toAgent(1, true),
  'desired/policy': toAgent(1, true),
  'desired/model': toAgent(1, true),
  'desired/freshness': toAgent(1, true),
  heartbeat: toControl(0),
  telemetry: toControl(0),
  audit: toControl(1),
  'audit-receipt': toAgent(1),
  'time/ask': toControl(0),
  'time/tell': toAgent(0),
  'block/want': toControl(0),
  'block/have': toAgent(0),
} as const satisfies Record<string, TopicRule>;
export type TopicKind = keyof typeof TOPICS;

export interface Topic {
  readonly deployment: string;
  readonly site: string;
  readonly kind: TopicKind;
}

export type TopicFailure = { readonly code: 'topic_unknown'; readonly topic: string };
export class TopicError extends TielineError<TopicFailure> {}

export function printTopic(topic: Topic): string {
  DeploymentId.parse(topic.deployment);
  SiteId.parse(topic.site);
  return `tl1/${topic.deployment}/${topic.site}/${topic.kind}`;
}

/** @throws {TopicError} topic_unknown for anything that `printTopic` does not print */
export function parseTopic(text: string): Topic {
  const [version, deployment = '', site = '', ...rest] = text.split('/');
  const kind = rest.join('/');
  if (
    version !== 'tl1' ||
    !ID_PATTERN.test(deployment) ||
    !ID_PATTERN.test(site) ||
    !Object.hasOwn(TOPICS, kind)
  ) {
    throw new TopicError({ code: 'topic_unknown', topic: clipText(text, 200) });
  }
  return { deployment, site, kind: kind as TopicKind };
}

/** MQTT filters of one direction: of one site, or of every site of the deployment with `'+'`. */
export function topicFilters(
  deployment: string,
  site: string | '+',
  direction: TopicRule['direction'],
): readonly string[] {
  DeploymentId.parse(deployment);
  if (site !== '+') SiteId.parse(site);
  return (Object.keys(TOPICS) as TopicKind[])
    .filter((kind) => TOPICS[kind].direction === direction)
    .map((kind) => `tl1/${deployment}/${site}/${kind}`);
}
