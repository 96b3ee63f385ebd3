export { ModbusDeviceConfig } from './adapters/modbus/device-config.ts';
export { modbusDevices } from './adapters/modbus/modbus-devices.ts';
export type {
  AssetKind,
  AssetMeasurement,
  AssetRatings,
  AssetReading,
  DeviceFault,
  DeviceSetpoint,
  Devices,
  WriteOutcome,
} from './ports/devices.ts';
