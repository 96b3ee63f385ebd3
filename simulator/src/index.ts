export {
  BaselineError,
  baselinePath,
  isFolder,
  PLATFORM,
  readBaseline,
  writeBaseline,
} from './baseline/adapters/baseline-file.ts';
export { type Accepted, acceptable, BASELINE_SCHEMA, type Baseline } from './baseline/baseline.ts';
export { type Comparison, compareAll, type Figure, type Moved } from './baseline/compare.ts';
export { eveningPeak } from './deployment/evening-peak.ts';
export {
  type Provisioned,
  provision,
  type SeededKey,
  signRelease,
} from './deployment/provision.ts';
export { type OrderToSign, signOrder } from './deployment/sign-order.ts';
export {
  charged,
  type SimulatedFeeder,
  type SimulatedSite,
  simulatedSite,
} from './deployment/simulated-site.ts';
export { type SunSpecServer, serveSunSpec } from './devices/adapters/sunspec-server.ts';
export { DeviceModel } from './devices/device-model.ts';
export { type SiteDevices, siteDevices } from './devices/site-devices.ts';
export type { Terminal } from './devices/terminal.ts';
export { virtualDevices } from './devices/virtual-devices.ts';
export {
  type FuzzFind,
  type FuzzOptions,
  type FuzzOutcome,
  type FuzzTally,
  fuzz,
} from './fuzz/adapters/fuzz.ts';
export {
  type LivePlaces,
  type RunLiveOptions,
  runLive,
} from './live/adapters/run-live.ts';
export { LiveError, type LiveFailure } from './live/failure.ts';
export { type DayOfMemory, simulatedWeek } from './long/simulated-week.ts';
export { Plant, type PlantOptions } from './plant/plant.ts';
export { SitePlant } from './plant/site-plant.ts';
export { ReportFiles } from './report/adapters/report-files.ts';
export { githubAnnotations } from './report/annotations.ts';
export { junitXml } from './report/junit.ts';
export { byScenario, byScenarioAndSeed, counted, type Naming } from './report/naming.ts';
export { reproducing } from './report/reproducing.ts';
export { type RunScenariosOptions, runScenarios } from './scenario/adapters/run-scenarios.ts';
export {
  scenariosOf,
  shippedScenario,
  shippedScenarios,
} from './scenario/adapters/scenario-files.ts';
export type { Outcome } from './scenario/expectations.ts';
export { type Explanation, explain } from './scenario/explanation.ts';
export { placed, ScenarioError, type ScenarioProblem } from './scenario/failure.ts';
export type { Playing } from './scenario/parse-scenario.ts';
export type { RunReport } from './scenario/run-report.ts';
export { type RunOptions, runScenario, type ScenarioRun } from './scenario/run-scenario.ts';
export type { Scenario } from './scenario/scenario.ts';
export { scenarioJsonSchema } from './scenario/scenario-file.ts';
export { Trace } from './virtual/trace.ts';
export { virtualInference } from './virtual/virtual-inference.ts';
export { VirtualRun, type VirtualRunOptions } from './virtual/virtual-run.ts';
