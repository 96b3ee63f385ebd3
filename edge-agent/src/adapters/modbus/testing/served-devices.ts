import {
  buildImage,
  COMMON,
  DER_CAPACITY,
  DER_CONTROL,
  DER_CONTROLS_AC,
  DER_MEASURE_AC,
  DER_STORAGE,
  encodeModel,
  encodePoints,
  METER_THREE_PHASE,
  type ModelDefinition,
  type RegisterImage,
  type Values,
} from '@tieline/grid';
import { type Clock, silentLogger } from '@tieline/kernel';
import type { AssetReading, Devices } from '../../../ports/devices.ts';
import { ModbusDeviceConfig } from '../device-config.ts';
import { modbusDevices } from '../modbus-devices.ts';
import { ScriptedDevice } from './scripted-device.ts';

/* Devices on sockets, and the agent's side of them. */

export const AMPLE_MS = 2_000;
export const SHORT_MS = 120;

/** What the clock of the tests says; they move it. */
export const time = { nowMs: 0 };
const clock: Clock = {
  wallMs: () => time.nowMs,
  monotonicMs: () => time.nowMs,
  sleepUntil: async () => {},
};

const ending: (() => Promise<void>)[] = [];
/** What a test has opened, the newest first. */
export async function closeAll(): Promise<void> {
  for (const end of ending.splice(0).reverse()) await end();
}

export function batteryImage(more: { capacity?: Values<typeof DER_CAPACITY> } = {}): RegisterImage {
  return buildImage([
    encodeModel(COMMON, { Mn: 'Maker', Md: 'B100' }),
    encodeModel(DER_MEASURE_AC, { W_SF: 1, Var_SF: 1, V_SF: -1, W: 12_340, Var: -500, LLV: 402 }),
    encodeModel(DER_CAPACITY, {
      W_SF: 1,
      WMaxRtg: 100_000,
      WChaRteMaxRtg: 80_000,
      ...more.capacity,
    }),
    encodeModel(DER_CONTROLS_AC, { WSet_SF: 0, WSetEna: 0, WSetRvrtRem: 0, AntiIslEna: 1 }),
    encodeModel(DER_STORAGE, { WH_SF: 2, WHRtg: 200_000, Pct_SF: -1, SoC: 55.5 }),
    encodeModel(DER_CONTROL, { LocRemCtl: 0, DERHb: 1, ControllerHb: 0 }),
  ]);
}

/** As ADR 25 has them: a resource that only charges. */
export function chargersImage(controls: Values<typeof DER_CONTROLS_AC>): RegisterImage {
  return buildImage([
    encodeModel(COMMON, {}),
    encodeModel(DER_MEASURE_AC, { W_SF: 1, V_SF: -1, W: -20_000, LLV: 400 }),
    encodeModel(DER_CAPACITY, { W_SF: 1, WMaxRtg: 0, WChaRteMaxRtg: 44_000 }),
    encodeModel(DER_CONTROLS_AC, controls),
    encodeModel(DER_CONTROL, { LocRemCtl: 0 }),
  ]);
}

export function meterImage(values: Values<typeof METER_THREE_PHASE>): RegisterImage {
  const steady = { V_SF: -1, PPV: 398, VAR_SF: 0, VAR: 500 } as const;
  return buildImage([
    encodeModel(COMMON, {}),
    encodeModel(METER_THREE_PHASE, { ...steady, ...values }),
  ]);
}

export async function serve(
  { registers }: Pick<RegisterImage, 'registers'>,
  base = 40_000,
  port = 0,
): Promise<ScriptedDevice> {
  const device = await ScriptedDevice.serve(base, registers, port);
  ending.push(() => device.close());
  return device;
}

export const batteryConfig = { asset: 'battery-1', kind: 'battery', host: '127.0.0.1' } as const;
export const nameplate = { dischargeMaxKw: 100, chargeMaxKw: 80, energyKwh: 200 };

export function open(...configs: object[]): Devices {
  const parsed = configs.map((config) => ModbusDeviceConfig.parse(config));
  const devices = modbusDevices(parsed, clock, silentLogger);
  ending.push(() => devices.close());
  return devices;
}

export async function openBattery(device: ScriptedDevice): Promise<Devices> {
  return open({ ...batteryConfig, ...nameplate, port: device.port });
}

export async function openChargers({ port }: ScriptedDevice): Promise<Devices> {
  return open({ asset: 'ev', kind: 'flexible-load', host: '127.0.0.1', port, chargeMaxKw: 44 });
}

export async function readOne(devices: Devices, deadlineMs = AMPLE_MS): Promise<AssetReading> {
  const reading = [...(await devices.readAll(deadlineMs)).values()][0];
  if (reading === undefined) throw new Error('one entry for every asset');
  return reading;
}

export function put<M extends ModelDefinition>(
  image: RegisterImage,
  model: M,
  values: Values<M>,
): void {
  const found = image.blocks.find(({ block }) => block.id === model.id);
  encodePoints(model, found!.registers, values);
}
