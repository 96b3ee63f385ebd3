import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { assert } from '@tieline/kernel';
import type { DeviceModel } from '../device-model.ts';
import { type Answering, answering } from '../injected-fault.ts';
import { SunSpecImage } from '../sunspec-image.ts';
import { answerFrame, FrameReader } from './modbus-frames.ts';
import { answerPdu, type Exception, exceptionPdu } from './modbus-pdu.ts';

/** A gateway, a technician's laptop and a few to spare. */
const CONNECTIONS_MAX = 8;

const EXCEPTION_BY_FAULT: Readonly<Record<NonNullable<Answering['exception']>, Exception>> = {
  refuses: 4,
  busy: 6,
  'gateway-no-response': 11,
};

export interface SunSpecServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves one device on Modbus TCP, on the loopback interface: holding registers from 40000. Requests of a connection are
 * answered in their order; one that sends what is no Modbus is closed.
 *
 * @param port  0 takes a free one
 */
export async function serveSunSpec(device: DeviceModel, port = 0): Promise<SunSpecServer> {
  const image = new SunSpecImage(device);
  const sockets = new Set<Socket>();
  const late = new Set<NodeJS.Timeout>();

  const answer = (pdu: Buffer, send: (answered: Buffer) => void): void => {
    const how = answering(device.fault);
    if (how === null) return;
    const say = (): void => {
      const { exception } = how;
      send(
        exception === null
          ? answerPdu(image, pdu)
          : exceptionPdu(pdu, EXCEPTION_BY_FAULT[exception]),
      );
    };
    if (how.delayMs === 0) {
      say();
      return;
    }
    const timer = setTimeout(() => {
      late.delete(timer);
      say();
    }, how.delayMs);
    late.add(timer);
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A client that goes away in the middle is no event for a device.
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    const reader = new FrameReader();
    socket.on('data', (bytes) => {
      const frames = reader.take(bytes);
      if (frames === null) {
        socket.destroy();
        return;
      }
      for (const frame of frames) {
        answer(frame.pdu, (answered) => socket.write(answerFrame(frame, answered)));
      }
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object', 'a TCP server has an address');
  return {
    port: address.port,
    async close() {
      const closed = once(server, 'close');
      for (const timer of late) clearTimeout(timer);
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
