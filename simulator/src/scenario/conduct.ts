import { assert, type RandomStream } from '@tieline/kernel';
import type { Policy } from '@tieline/protocol';
import { Intruder } from '../deployment/intruder.ts';
import type { SimulatedFeeder } from '../deployment/simulated-site.ts';
import { Withholding } from '../deployment/withholding.ts';
import type { DeviceModel } from '../devices/device-model.ts';
import { clock } from './clock.ts';
import type { ControlledRun } from './controlled-run.ts';
import type { SignedOrder, Stage } from './events/event-kind.ts';
import type { Scenario } from './scenario.ts';

/** A run with control, and who acts on it: an operator, a policy board, somebody at the devices, an intruder. */
export class Conduct implements Stage {
  readonly name: string;
  readonly simulated: SimulatedFeeder;
  readonly run: ControlledRun;
  readonly intruder: Intruder;
  readonly withholding: Withholding;
  readonly ids: RandomStream;
  readonly orders = new Map<string, SignedOrder>();
  policy: Policy;
  /** Events that did not come about, in words. */
  readonly failures: string[] = [];

  constructor({ name, simulated }: Scenario, run: ControlledRun, ids: RandomStream) {
    this.name = name;
    this.simulated = simulated;
    this.run = run;
    this.ids = ids;
    this.policy = run.provisioned.policy;
    const own = 'intruder';
    this.intruder = new Intruder(simulated.deployment, run.network.bus(own), ['desired/policy']);
    this.withholding = new Withholding(own);
    run.holdBack(this.withholding.passes);
  }

  deviceOf(site: string, asset: string): DeviceModel {
    const models = this.run.devices.get(site)?.models;
    const model = models?.find(({ ratings }) => ratings.asset === asset);
    assert(model !== undefined, `${site} has a ${asset}`);
    return model;
  }

  fail(atMs: number, reason: string): void {
    this.failures.push(`at ${clock(atMs)}: ${reason}`);
  }

  async stop(): Promise<void> {
    await this.run.world.run(() => this.intruder.stop());
  }
}
