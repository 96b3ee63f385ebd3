import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { everySite } from './of-a-site.ts';

const shape = z
  .enum(['stop', 'start', 'restart'])
  .describe(
    'Every connection is reset at once, and what the broker retained is lost; it starts again.',
  );

const WORDS = { stop: 'broker ended', start: 'broker started', restart: 'broker restarted' };

export const broker = {
  shape,
  sites: everySite,
  onlyVirtual: () =>
    'a live broker is part of the control plane: control stop, and later control start',
  words: (what) => WORDS[what],
  perform: (what, { run: { network } }) => {
    if (what === 'stop') network.stopBroker();
    else if (what === 'start') network.startBroker();
    else network.restartBroker();
  },
} satisfies EventKind<typeof shape>;
