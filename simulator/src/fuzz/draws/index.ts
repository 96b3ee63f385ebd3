import type { EventKindName } from '../../scenario/events/index.ts';
import type { Draw } from '../episode.ts';
import { device, local } from './devices.ts';
import { forge, replay } from './intruder.ts';
import { broker, cut, link } from './links.ts';
import { model, order, policy } from './people.ts';
import { cloud, load, switching } from './plant.ts';
import { clock, control, disk, kill, powerCut } from './processes.ts';

/** By the kind of event that each is about; a text says why a kind has no episode of its own. */
export const DRAWS: Readonly<Record<EventKindName, Draw | string>> = {
  ...{ order, cut, link, kill, device, local, load, cloud, policy, model, control, broker, clock },
  ...{ forge, replay, switch: switching, disk, powerCut },
  deliver: 'it hands over what was withheld, and comes with it',
  withhold:
    'what is withheld for good never ends, and what is delivered late is refused: drawn once it can be healed',
  price: 'it moves no power: bills alone, which are no promise',
  restore: 'it heals a cut, and comes with it',
  start: 'it heals a kill, and comes with it',
};
