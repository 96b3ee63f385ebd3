import { printTopic, TOPICS, type TopicKind } from '@tieline/protocol';
import { describe, expect, test } from 'vitest';
import { type Grants, publishRefusal, subscribeRefusal } from './grants.ts';
import { agentGrants, controlPlaneGrants } from './protocol-grants.ts';

const KINDS = Object.keys(TOPICS) as TopicKind[];
const topic = (kind: TopicKind, site = 'site-1', deployment = 'demo'): string =>
  printTopic({ deployment, site, kind });
const may = (grants: Grants, on: string, retain = false) => ({
  publish: publishRefusal(grants, { topic: on, qos: 1, retain }) === null,
  subscribe: subscribeRefusal(grants, { topic: on, qos: 1 }) === null,
});

describe.each(KINDS)('%s', (kind) => {
  const { direction, retained } = TOPICS[kind];
  const agent = agentGrants('demo', 'site-1');
  const control = controlPlaneGrants('demo');

  test('goes one way: who sends it may not hear it, and the other way round', () => {
    const toAgent = direction === 'to-agent';
    expect(may(agent, topic(kind))).toEqual({ publish: !toAgent, subscribe: toAgent });
    expect(may(control, topic(kind))).toEqual({ publish: toAgent, subscribe: !toAgent });
  });

  test('is no business of another site, or of another deployment', () => {
    const nothing = { publish: false, subscribe: false };
    expect(may(agent, topic(kind, 'site-2'))).toEqual(nothing);
    expect(may(agent, topic(kind, 'site-1', 'other'))).toEqual(nothing);
    expect(may(control, topic(kind, 'site-1', 'other'))).toEqual(nothing);
    expect(subscribeRefusal(agent, { topic: `tl1/demo/+/${kind}`, qos: 1 })).not.toBeNull();
  });

  test('is kept at the broker by the control plane alone, and only where the protocol says so', () => {
    expect(may(control, topic(kind), true).publish).toBe(retained);
    expect(may(agent, topic(kind), true).publish).toBe(false);
  });
});
