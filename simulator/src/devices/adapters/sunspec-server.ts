import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { assert } from '@tieline/kernel';
import {
  type ModbusAbstractRequest,
  ModbusTCPRequest,
  ModbusTCPResponse,
  ModbusTCPServer,
  requests,
  responses,
} from 'jsmodbus';
import type { DeviceModel } from '../device-model.ts';
import { type Answering, answering } from '../injected-fault.ts';
import { type RegisterWrite, SunSpecImage } from '../sunspec-image.ts';

/** A gateway, a technician's laptop and a few to spare. */
const CONNECTIONS_MAX = 8;

/** Modbus exception codes. */
const ILLEGAL_FUNCTION = 1;
const EXCEPTION_OF: Readonly<Record<Exclude<RegisterWrite, 'ok'>, 2 | 3 | 4>> = {
  'no-such-register': 2,
  'bad-value': 3,
  refused: 4,
};
const EXCEPTION_BY_FAULT: Readonly<Record<NonNullable<Answering['exception']>, 4 | 6 | 11>> = {
  refuses: 4,
  busy: 6,
  'gateway-no-response': 11,
};

type Body = ConstructorParameters<typeof ModbusTCPResponse>[4];
type Answer = (payload: Buffer) => void;

export interface SunSpecServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves one device on Modbus TCP, on the loopback interface: holding registers from 40000.
 *
 * @param port  0 takes a free one
 */
export async function serveSunSpec(device: DeviceModel, port = 0): Promise<SunSpecServer> {
  const image = new SunSpecImage(device);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket) => {
    sockets.add(socket);
    // A client that goes away in the middle is no event for a device.
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });

  const modbus = new ModbusTCPServer(server, withoutMemory());
  const late = new Set<NodeJS.Timeout>();
  const answer = (request: ModbusAbstractRequest, send: Answer, body: () => Body): void => {
    const how = answering(device.fault);
    if (how === null) return;
    const say = (): void => {
      const refusal = how.exception === null ? null : EXCEPTION_BY_FAULT[how.exception];
      const said = refusal === null ? body() : exception(request.body.fc, refusal);
      assert(request instanceof ModbusTCPRequest, 'a TCP server gets TCP requests');
      send(ModbusTCPResponse.fromRequest(request, said).createPayload());
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
  modbus.on('readHoldingRegisters', (request, send) => {
    answer(request, send, () => readBody(image, request));
  });
  modbus.on('writeMultipleRegisters', (request: ModbusAbstractRequest, send: Answer) => {
    answer(request, send, () => writeBody(image, request));
  });
  const unsupported = (request: ModbusAbstractRequest, send: Answer): void => {
    answer(request, send, () => exception(request.body.fc, ILLEGAL_FUNCTION));
  };
  modbus.on('readCoils', unsupported);
  modbus.on('readDiscreteInputs', unsupported);
  modbus.on('readInputRegisters', unsupported);
  modbus.on('writeSingleCoil', unsupported);
  modbus.on('writeSingleRegister', unsupported);

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

/** Without memory of its own the library asks its listeners; otherwise all its servers would share one. */
function withoutMemory(): object {
  return { coils: undefined, discrete: undefined, holding: undefined, input: undefined };
}

function readBody(image: SunSpecImage, request: ModbusAbstractRequest): Body {
  const { body } = request;
  assert(body instanceof requests.ReadHoldingRegistersRequestBody, 'a read of registers');
  const registers = image.read(body.start, body.count);
  if (registers === null) return exception(body.fc, EXCEPTION_OF['no-such-register']);
  return new responses.ReadHoldingRegistersResponseBody(registers.length * 2, [...registers]);
}

function writeBody(image: SunSpecImage, request: ModbusAbstractRequest): Body {
  const { body } = request;
  assert(body instanceof requests.WriteMultipleRegistersRequestBody, 'a write of registers');
  const outcome = image.write(body.address, Uint16Array.from(body.valuesAsArray));
  if (outcome !== 'ok') return exception(body.fc, EXCEPTION_OF[outcome]);
  return responses.WriteMultipleRegistersResponseBody.fromRequest(body);
}

function exception(fc: Body['fc'], code: 1 | 2 | 3 | 4 | 6 | 11): Body {
  return new responses.ExceptionResponseBody(fc, code);
}
