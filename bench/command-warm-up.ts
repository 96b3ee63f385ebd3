import type { BusMessage, BusPublication, BusSession, MessageBus } from '@tieline/bus';
import { EdgeAgent } from '@tieline/edge-agent';
import { directInference } from '@tieline/inference';
import { silentLogger, simulatedClock, systemRng } from '@tieline/kernel';
import { virtualDevices } from '@tieline/simulator';
import { benchSite, openStore } from './bench-site.ts';
import { chargeTarget } from './charge-target.ts';
import { ControlEnd } from './control-end.ts';

/** After so many the code of both ends is compiled for good. */
const COMMANDS = 1_500;
/** On a fast clock the agent's budget for verifying, twenty a second, holds nothing up. */
const RATE = 50;

/**
 * Takes commands from one end to the other inside this process, untimed: what is measured afterwards is what the
 * code costs, not what compiling it does.
 */
export async function warmUp(): Promise<void> {
  const now = Date.now();
  const clock = simulatedClock({ rate: RATE, realOriginMs: now, simulatedOriginMs: now });
  const site = benchSite(now, clock);
  const store = openStore(site, ':memory:');
  store.putDocument('policy', { version: 1, bytes: site.provisioned.policyBytes });
  const [near, far] = loopback();
  const control = new ControlEnd(site, near, clock);
  const agent = new EdgeAgent(
    {
      clock,
      rng: systemRng(),
      logger: silentLogger,
      bus: far,
      store,
      devices: virtualDevices(site.devices.models, clock),
      inference: directInference(),
    },
    site.identity,
  );
  const stop = new AbortController();
  const running = agent.run(stop.signal);
  await control.agentIsBorn;
  for (let at = 0; at < COMMANDS; at += 1) await control.command(chargeTarget(at % 25));
  stop.abort();
  await running;
  store.close();
}

/** Two ends of one wire: what one publishes, the other hears in the next turn. */
function loopback(): [MessageBus, MessageBus] {
  const [one, other] = [new End(), new End()];
  one.peer = other;
  other.peer = one;
  return [one, other];
}

class End implements MessageBus {
  peer: End | null = null;
  #session: BusSession | null = null;

  get isUp(): boolean {
    return this.#session !== null;
  }

  start(session: BusSession): void {
    this.#session = session;
    session.onUp();
  }

  async publish({ topic, payload }: BusPublication): Promise<void> {
    setImmediate(() => this.peer?.hear({ topic, payload, retained: false }));
  }

  hear(message: BusMessage): void {
    this.#session?.onMessage(message);
  }

  async stop(): Promise<void> {
    this.#session = null;
  }
}
