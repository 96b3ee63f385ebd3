import type { EventKindName } from '../../scenario/events/index.ts';
import type { Draw } from '../episode.ts';
import { device, local } from './devices.ts';
import { forge, replay } from './intruder.ts';
import { broker, cut, link } from './links.ts';
import { order, policy } from './people.ts';
import { cloud, load, switching } from './plant.ts';
import { clock, control, kill } from './processes.ts';

/** By the kind of event that each is about; a text says why a kind has no episode of its own. */
export const DRAWS: Readonly<Record<EventKindName, Draw | string>> = {
  ...{ order, cut, link, kill, device, local, load, cloud, policy, control, broker, clock },
  ...{ forge, replay, switch: switching },
  restore: 'it heals a cut, and comes with it',
  start: 'it heals a kill, and comes with it',
};
