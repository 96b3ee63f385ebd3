import { assert, messageOf, type RandomStream } from '@tieline/kernel';
import type { Action } from '@tieline/protocol';
import { Intruder } from '../deployment/intruder.ts';
import { signPolicy } from '../deployment/provision.ts';
import { signOrder } from '../deployment/sign-order.ts';
import type { VirtualRun } from '../virtual/virtual-run.ts';
import { clock } from './clock.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioEvent } from './scenario-file.ts';

/** An order that was signed: its command, or why the control plane took none. */
export interface SignedOrder {
  /** After the scenario began. */
  readonly atMs: number;
  readonly command: string | null;
  readonly refused: string;
}

type Of<Kind extends keyof ScenarioEvent> = NonNullable<ScenarioEvent[Kind]>;

/** Brings the events of a scenario about, in a run with control. */
export class Conduct {
  readonly orders = new Map<string, SignedOrder>();
  /** Events that did not come about, in words. */
  readonly failures: string[] = [];
  readonly #scenario: Scenario;
  readonly #run: VirtualRun;
  readonly #ids: RandomStream;
  readonly #intruder: Intruder;

  constructor(scenario: Scenario, run: VirtualRun, ids: RandomStream) {
    this.#scenario = scenario;
    this.#run = run;
    this.#ids = ids;
    this.#intruder = new Intruder(scenario.simulated.deployment, run.network.bus('intruder'));
  }

  /** `load` and `cloud` need nobody: the plant has known them from the beginning. */
  async perform(event: ScenarioEvent): Promise<void> {
    const { network } = this.#run;
    if (event.order !== undefined) this.#order(event.order, event.at);
    if (event.cut !== undefined) network.cut(event.cut);
    if (event.restore !== undefined) network.restore(event.restore);
    if (event.link !== undefined) {
      const { site, ...quality } = event.link;
      network.setQuality(site, quality);
    }
    if (event.kill !== undefined) await this.#run.kill(event.kill);
    if (event.start !== undefined) this.#run.start(event.start);
    if (event.device !== undefined) this.#device(event.device);
    if (event.local !== undefined) this.#model(event.local).setLocal(event.local.on);
    if (event.broker !== undefined) network.restartBroker();
    if (event.control === 'stop') await this.#run.killControl();
    if (event.control === 'start') this.#run.startControl();
    if (event.clock !== undefined) this.#run.setClock(event.clock.site, event.clock.offsetMs);
    if (event.policy !== undefined) this.#policy(event.policy, event.at);
    const { forge, replay, at } = event;
    if (forge !== undefined) await this.#strike(at, () => this.#intruder.forge(forge.site));
    if (replay !== undefined) {
      await this.#strike(at, () => this.#intruder.replay(replay.site, replay.to));
    }
  }

  async stop(): Promise<void> {
    await this.#run.world.run(() => this.#intruder.stop());
  }

  #order({ name, site, asset, kw, for: validForMs, rampKwPerS }: Of<'order'>, atMs: number): void {
    const { control, provisioned, world } = this.#run;
    if (control === null) {
      this.orders.set(name, { atMs, command: null, refused: 'the control plane does not run' });
      return;
    }
    const policy = this.#scenario.simulated.sites.find(({ plant }) => plant.site === site)?.policy;
    const ramp = rampKwPerS ?? policy?.assets.find((one) => one.asset === asset)?.rampKwPerS ?? 1;
    const action: Action = {
      ...{ type: 'setpoint', asset, activePowerKw: kw, rampKwPerS: ramp, rampOutKwPerS: ramp },
      ...{ startWithinMs: 0, validForMs, revert: { to: 'local' }, priority: 0 },
    };
    const signed = signOrder({
      id: this.#ids.bytes(16),
      site,
      actions: [action],
      reason: `scenario ${this.#scenario.name}, order ${name}`,
      anchor: provisioned.trust.anchor,
      key: provisioned.operator,
      nowS: Math.floor(world.wallMs() / 1_000),
    });
    try {
      const [command] = control.submitOrder(signed).commands;
      this.orders.set(name, { atMs, command: command?.id ?? null, refused: 'no command' });
    } catch (thrown) {
      this.orders.set(name, { atMs, command: null, refused: messageOf(thrown) });
    }
  }

  #policy({ site, ...changes }: Of<'policy'>, atMs: number): void {
    const { control, provisioned, world } = this.#run;
    const present = control?.policy()?.policy;
    if (control === null || present === undefined) {
      this.failures.push(`at ${clock(atMs)}: no control plane runs to publish a policy`);
      return;
    }
    const next = {
      ...present,
      version: present.version + 1,
      issuedAt: Math.floor(world.wallMs() / 1_000),
      sites: present.sites.map((one) => (one.site === site ? { ...one, ...changes } : one)),
    };
    try {
      control.acceptPolicy(signPolicy(next, provisioned.trust, provisioned.policyKey));
    } catch (thrown) {
      this.failures.push(`at ${clock(atMs)}: ${messageOf(thrown)}`);
    }
  }

  #device({ site, asset, fault }: Of<'device'>): void {
    const model = this.#model({ site, asset });
    if (fault === 'forgets') model.forget();
    else model.fault = fault === 'none' ? null : fault;
  }

  #model({ site, asset }: { readonly site: string; readonly asset: string }) {
    const models = this.#run.devices.get(site)?.models;
    const model = models?.find(({ ratings }) => ratings.asset === asset);
    assert(model !== undefined, `${site} has a ${asset}`);
    return model;
  }

  /** Nothing can be forged of a command that was never sent. */
  async #strike(atMs: number, blow: () => Promise<void>): Promise<void> {
    try {
      await this.#run.world.run(blow);
    } catch (thrown) {
      this.failures.push(`at ${clock(atMs)}: ${messageOf(thrown)}`);
    }
  }
}
