import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { COMPLIANCE_SITE } from '@tieline/edge-agent/compliance';
import type { AssetId } from '@tieline/kernel';
import { ModbusTCPClient } from 'jsmodbus';
import { afterEach, describe, expect, test } from 'vitest';
import type { DeviceModel } from '../device-model.ts';
import { turnedSite } from '../testing/turned-site.ts';
import { FrameReader } from './modbus-frames.ts';
import { type SunSpecServer, serveSunSpec } from './sunspec-server.ts';

describe('the server', () => {
  const opened: { server: SunSpecServer; socket: Socket }[] = [];
  afterEach(async () => {
    for (const { server, socket } of opened.splice(0)) {
      socket.destroy();
      await server.close();
    }
  });

  async function client(asset: AssetId): Promise<{ modbus: ModbusTCPClient; device: DeviceModel }> {
    const device = turnedSite(COMPLIANCE_SITE).models.get(asset)!;
    const server = await serveSunSpec(device);
    const socket = new Socket();
    const modbus = new ModbusTCPClient(socket, 1, 1_000);
    opened.push({ server, socket });
    await new Promise<void>((resolve) => {
      socket.connect(server.port, '127.0.0.1', resolve);
    });
    return { modbus, device };
  }
  const code = async (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'answered',
      (thrown: { response?: { body: { code: number } } }) => thrown.response?.body.code,
    );

  // 40000 marker, 40002 model 1 (68), 40070 model 701 (155), 40225 702 (52), 40277 703 (19), 40296 704 (67).
  const CONTROLS = 40_296;

  test('the map begins with the marker and names its models', async () => {
    const { modbus } = await client('battery-1');
    const { response } = await modbus.readHoldingRegisters(40_000, 4);
    expect([...response.body.valuesAsArray]).toEqual([0x5375, 0x6e53, 1, 66]);
    const controls = await modbus.readHoldingRegisters(CONTROLS, 2);
    expect([...controls.response.body.valuesAsArray]).toEqual([704, 65]);
  });

  test('what is not there, read only, cut in half or out of range is refused by its own code', async () => {
    const { modbus, device } = await client('battery-1');
    const write = (offset: number, ...words: number[]) =>
      code(modbus.writeMultipleRegisters(CONTROLS + offset, words));
    expect(await code(modbus.readHoldingRegisters(39_999, 2))).toBe(2);
    expect(await code(modbus.readHoldingRegisters(40_600, 20))).toBe(2);
    expect(await write(33, 0, 9), 'WSetRvrtRem is read only').toBe(2);
    expect(await write(52, 0), 'anti-islanding is nobody’s business').toBe(2);
    expect(await write(25, 500), 'half of WSet').toBe(2);
    expect(await write(15, 50), 'a battery has no WMaxLimPct').toBe(2);
    expect(await write(22, 2), 'WSetEna is 0 or 1').toBe(3);
    expect(await write(23, 0), 'WSetMod is WATTS').toBe(3);
    expect(await code(modbus.writeMultipleRegisters(40_225 + 26, [1])), 'a rating').toBe(2);
    expect(await code(modbus.readInputRegisters(40_000, 2))).toBe(1);
    expect(await code(modbus.writeSingleRegister(CONTROLS + 22, 1))).toBe(1);
    expect(device.control()).toEqual({
      enabled: false,
      valueKw: 0,
      revertKw: 0,
      revertEnabled: false,
      reversionS: 0,
    });
    expect(await write(22, 1, 1, 0xffff, 0x63c0), 'enable, mode and −40 kW at once').toBe(
      'answered',
    );
    expect(device.askedKw()).toBe(-40);
  });

  /** What a battery answers to these bytes, in hex; `closed` where it hung up. */
  async function answers(bytes: string): Promise<{ said: string; device: DeviceModel }> {
    const device = turnedSite(COMPLIANCE_SITE).models.get('battery-1')!;
    const server = await serveSunSpec(device);
    const socket = connect(server.port, '127.0.0.1');
    opened.push({ server, socket });
    const heard: Buffer[] = [];
    socket.on('data', (bytes) => heard.push(bytes));
    await once(socket, 'connect');
    // An honest question comes last: whatever was before it has been dealt with once that is answered.
    socket.write(Buffer.from(bytes + HONEST, 'hex'));
    while (!socket.closed && !Buffer.concat(heard).toString('hex').endsWith(MARKER)) {
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    }
    const said = Buffer.concat(heard).toString('hex');
    return { said: said.replace(MARKER, '') + (socket.closed ? 'closed' : ''), device };
  }
  const HONEST = '777700000006' + '01039c400002';
  const MARKER = '777700000007' + '010304' + '53756e53';

  test.each([
    ['a read of nothing', '0001000000060103' + '9c400000', '000100000003018303'],
    ['one of more than 125', '0001000000060103' + '9c40007e', '000100000003018303'],
    ['one of more than a length can say', '0001000000060103' + '9c4000c8', '000100000003018303'],
    ['one of thousands', '0001000000060103' + '9c400bb8', '000100000003018303'],
    ['a read that is cut short', '0001000000040103' + '9c40', '000100000003018303'],
    ['a function that nobody has', '0001000000020164', '00010000000301e401'],
    ['one that others have', '0001000000020111', '000100000003019101'],
    ['coils', '000100000008010f' + '000000010101', '000100000003018f01'],
    ['a write of nothing', '0001000000070110' + '9d7e000000', '000100000003019003'],
    [
      'a write that says four registers and brings two',
      '00010000000b0110' + '9d7e00040400010001',
      '000100000003019003',
    ],
    ['a frame of another protocol', '000100050006' + '01039c400002', 'closed'],
    ['one without a length', '000100000000' + '01039c400002', 'closed'],
    ['one that is longer than any', '00010000ffff' + '01039c400002', 'closed'],
    ['a browser', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex'), 'closed'],
  ])('hostile bytes harm nobody: %s', async (_, bytes, answer) => {
    const { said, device } = await answers(bytes);
    expect(said).toBe(answer);
    expect(device.control().enabled).toBe(false);
  });

  // Enable, in watts, 1 kW.
  const ON = '00010000000f0110' + '9d7e000408' + '0001' + '0001' + '000003e8';
  const OFF = '0002000000090110' + '9d7e000102' + '0000';

  test('a write that TCP cuts anywhere is one write, and is not done before it is whole', () => {
    const whole = Buffer.from(ON, 'hex');
    for (let at = 1; at < whole.length; at += 1) {
      const reader = new FrameReader();
      expect(reader.take(whole.subarray(0, at))).toEqual([]);
      expect(reader.take(whole.subarray(at))?.map(({ pdu }) => pdu)).toEqual([whole.subarray(7)]);
    }
  });

  test('two writes that come in one segment are done in their order', async () => {
    const { said, device } = await answers(ON + OFF);
    expect(said).toBe('0001000000060110' + '9d7e0004' + '0002000000060110' + '9d7e0001');
    expect(device.askedKw()).toBeNull();
  });

  test('two devices do not share their registers', async () => {
    const one = await client('battery-1');
    const two = await client('battery-1');
    await one.modbus.writeMultipleRegisters(CONTROLS + 22, [1, 1, 0, 1_000]);
    expect([one.device.askedKw(), two.device.askedKw()]).toEqual([1, null]);
    const { response } = await two.modbus.readHoldingRegisters(CONTROLS + 22, 1);
    expect([...response.body.valuesAsArray]).toEqual([0]);
  });
});
