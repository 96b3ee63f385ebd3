export {
  eveningPeak,
  type SimulatedFeeder,
  type SimulatedSite,
} from './deployment/evening-peak.ts';
export {
  type Provisioned,
  provision,
  type SeededKey,
  signRelease,
} from './deployment/provision.ts';
export { type OrderToSign, signOrder } from './deployment/sign-order.ts';
export { type SunSpecServer, serveSunSpec } from './devices/adapters/sunspec-server.ts';
export { DeviceModel, type InjectedFault, type Terminal } from './devices/device-model.ts';
export { type SiteDevices, siteDevices } from './devices/site-devices.ts';
export { virtualDevices } from './devices/virtual-devices.ts';
export { Plant, type PlantOptions, SitePlant } from './plant/plant.ts';
export { type RunReport, runScenario, type ScenarioOptions } from './virtual/run-scenario.ts';
export { Trace } from './virtual/trace.ts';
export { virtualInference } from './virtual/virtual-inference.ts';
export { VirtualRun, type VirtualRunOptions } from './virtual/virtual-run.ts';
