import { mqttBus } from '@tieline/bus';
import { EdgeAgent } from '@tieline/edge-agent';
import { directInference } from '@tieline/inference';
import { silentLogger, systemClock, systemRng } from '@tieline/kernel';
import { virtualDevices } from '@tieline/simulator';
import { benchSite, openStore } from './bench-site.ts';
import { PING, PONG, RECEIPT_BYTES } from './command-echo.ts';
import { warmUp } from './command-warm-up.ts';

/*
 * The agent's end of the command bench, in a process of its own as on a gateway: the production agent on virtual
 * devices, and beside it a client that answers each ping, for the echo alone.
 *
 * Arguments: the site's time, the broker's URL and token, the store's path.
 */
const [startMs, url, token, path] = process.argv.slice(2);
if (url === undefined || token === undefined || path === undefined) throw new Error('arguments');
await warmUp();
const connection = { url, token, rng: systemRng(), logger: silentLogger };

const echo = mqttBus({ ...connection, clientId: 'echo' });
const answer = { topic: PONG, payload: new Uint8Array(RECEIPT_BYTES), qos: 1 } as const;
echo.start({
  subscriptions: [PING],
  onMessage: () => void echo.publish(answer),
  onUp: () => process.stderr.write('echo_up\n'),
  onDown: () => {},
});

const clock = systemClock();
const site = benchSite(Number(startMs), clock);
const store = openStore(site, path);
store.putDocument('policy', { version: 1, bytes: site.provisioned.policyBytes });
const agent = new EdgeAgent(
  {
    clock,
    rng: systemRng(),
    logger: silentLogger,
    bus: mqttBus({ ...connection, clientId: site.site }),
    store,
    devices: virtualDevices(site.devices.models, clock),
    inference: directInference(),
  },
  site.identity,
);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await agent.run(stop.signal);
await echo.stop();
store.close();
