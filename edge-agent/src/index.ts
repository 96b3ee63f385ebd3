export { ModbusDeviceConfig } from './adapters/modbus/device-config.ts';
export { modbusDevices } from './adapters/modbus/modbus-devices.ts';
export { sqliteStore } from './adapters/sqlite-store.ts';
export { CYCLE_MS, EdgeAgent } from './core/agent.ts';
export type { AgentIdentity, AgentPorts } from './core/agent-context.ts';
export { replayDecisions } from './core/log/replay.ts';
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
export { type AgentStore, StoreError } from './ports/store.ts';
