import type { SitePlant } from '../../plant/site-plant.ts';
import type { Conduct } from '../conduct.ts';
import type { ControlDesk, ObservedRun } from '../controlled-run.ts';
import type { ScenarioEvent } from '../events/index.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, nameOf } from './controlled.ts';
import { Promised } from './promised.ts';

/** Devices round what they are told to a percent of their nameplate; meters agree within five. */
const HELD_PART = 0.01;
const GIVEN_PART = 0.05;
/** Registers resolve a hundredth of a percent of the nameplate. */
const SAME_PART = 0.001;
const ROUNDING_KW = 1;

type Ladder = Pick<NonNullable<ReturnType<ControlDesk['command']>>, 'ladder'>;
type Order = NonNullable<ScenarioEvent['order']>;

/** One order, and what was really seen of it. */
interface Followed {
  readonly order: Order;
  readonly device: Controlled;
  /** It is asked for what was ordered, to the resolution of its registers: now, and at the look before as well. */
  isAsked: boolean;
  isHeld: boolean;
  wasHeld: boolean;
  wasGiven: boolean;
  isOver: boolean;
}

/**
 * What is shown was so. Confirmed: the device held the setpoint, and the plant gave the power. Reverted: the device holds
 * it no more.
 */
export class Confirmed extends Promised {
  readonly #scenario: Scenario;
  readonly #conduct: Conduct;
  #followed: readonly Followed[] | null = null;

  constructor(scenario: Scenario, conduct: Conduct) {
    super(PROMISE.confirmed);
    this.#scenario = scenario;
    this.#conduct = conduct;
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#followed ??= followedIn(this.#scenario, devicesOf(this.#scenario, run));
    for (const one of this.#followed) {
      const id = this.#conduct.orders.get(one.order.name)?.command;
      if (id == null || one.isOver) continue;
      const plant = run.plant.sites.get(one.order.site);
      if (plant !== undefined) see(one, plant);
      const command = run.control?.command(id);
      if (command === undefined) continue;
      const untrue = untrueOf(one, command, this.#isAnothers(one, run));
      if (untrue !== null) this.broken(`order ${one.order.name}: ${untrue}`, nowMs);
      // What holds the same later on may be another order.
      one.isOver = command.ladder.some(({ state }) => state === 'reverted');
    }
  }

  /** Whether another order that has begun, and is not over, asks the device for the same. */
  #isAnothers(one: Followed, { control }: ObservedRun): boolean {
    return (this.#followed ?? []).some((other) => {
      if (other === one || other.device !== one.device) return false;
      if (!isNear(one, other.order.kw, HELD_PART)) return false;
      const id = this.#conduct.orders.get(other.order.name)?.command;
      const ladder = id == null ? [] : (control?.command(id)?.ladder ?? []);
      const has = (state: string): boolean => ladder.some((rung) => rung.state === state);
      return has('active') && !has('reverted');
    });
  }
}

function followedIn({ timeline }: Scenario, devices: readonly Controlled[]): Followed[] {
  return timeline.flatMap(({ order }) => {
    const device = devices.find(
      ({ site, model }) => site.plant.site === order?.site && model.ratings.asset === order.asset,
    );
    if (order === undefined || device === undefined) return [];
    return [
      {
        order,
        device,
        isAsked: false,
        isHeld: false,
        wasHeld: false,
        wasGiven: false,
        isOver: false,
      },
    ];
  });
}

function see(one: Followed, plant: SitePlant): void {
  const { order, device } = one;
  const near = (powerKw: number, part: number): boolean => isNear(one, powerKw, part);
  const askedKw = device.model.askedKw();
  const isAsked = askedKw !== null && near(askedKw, HELD_PART);
  one.wasHeld ||= isAsked;
  // What is nearly the same may be what automation asks for behind the order; what is the same for one look, a ramp on its
  // way from one power to another.
  const isSame = isAsked && Math.abs(askedKw - order.kw) <= SAME_PART * nameplateOf(one);
  one.isHeld = isSame && one.isAsked;
  one.isAsked = isSame;
  // Of the sun an order takes the most that it may give, of cars the most that they may draw: less is what was ordered, too.
  const powerKw = {
    pv: () => Math.max(plant.pvKw, order.kw),
    ev: () => Math.min(-plant.evKw, order.kw),
    battery: () => plant.batteryKw,
  }[order.asset]();
  if (near(powerKw, GIVEN_PART)) one.wasGiven = true;
}

function nameplateOf({ device }: Followed): number {
  const { dischargeMaxKw, chargeMaxKw } = device.model.ratings;
  return Math.max(dischargeMaxKw, chargeMaxKw);
}

function isNear(one: Followed, powerKw: number, part: number): boolean {
  return Math.abs(powerKw - one.order.kw) <= part * nameplateOf(one) + ROUNDING_KW;
}

/** What the control plane shows, and nobody saw; null where there is nothing of the kind. */
function untrueOf(one: Followed, { ladder }: Ladder, isAnothers: boolean): string | null {
  const { device, wasHeld, wasGiven } = one;
  // A device at rest holds what an order to rest has asked for, and one that automation works as hard as it may, what
  // it may.
  const { safePowerKw, margin } = device.policy;
  const isAnybodys = [safePowerKw, margin.minKw, margin.maxKw].some((kw) =>
    isNear(one, kw, HELD_PART),
  );
  const isHeld = one.isHeld && !isAnybodys && !isAnothers;
  // Of what was clipped another power is confirmed.
  if (ladder.some(({ state }) => state === 'clipped')) return null;
  for (const { state, facts } of ladder) {
    if (state === 'reverted' && isHeld) return `reverted, and ${nameOf(device)} holds it`;
    if (state !== 'confirmed') continue;
    if (!wasHeld) return `confirmed by ${nameOf(device)}, which never held it`;
    if (facts['by'] === 'meter' && !wasGiven) {
      return `confirmed by measurement, and ${nameOf(device)} never gave it`;
    }
  }
  return null;
}
