export {
  type CsvRow,
  type CsvTable,
  csvInvalid,
  type NamedText,
  numberIn,
  placesOf,
  readCsv,
} from './csv-table.ts';
export { embeddedFeeder } from './embedded-feeders.ts';
export {
  type Binding,
  type Headroom,
  type HeadroomQuestion,
  headroom,
} from './envelope/headroom.ts';
export {
  type Combined,
  combineRanked,
  type Interval,
  project,
} from './envelope/interval.ts';
export { GridError, type GridFailure } from './error.ts';
export {
  FEEDER_BYTES_MAX,
  Feeder,
  FeederBranch,
  FeederBus,
  LoadZip,
  parseFeeder,
  switched,
} from './feeder.ts';
export { branchesBeside, feederFromCsv } from './feeder-csv.ts';
export { zipShare } from './flow/elastic-loads.ts';
export type { FlowLoads } from './flow/flow-loads.ts';
export {
  type BranchReport,
  type BusReport,
  type FlowReport,
  flowReport,
} from './flow/flow-report.ts';
export {
  type FlowSolution,
  PowerFlow,
  TOLERANCE_PU,
} from './flow/power-flow.ts';
export {
  decodePoint,
  encodeModel,
  encodePoints,
  type PointValue,
  type Registers,
  type Values,
} from './sunspec/codec.ts';
export type { ModelDefinition, PlacedPoint, PointName, PointType } from './sunspec/model.ts';
export { BATTERY_BASE } from './sunspec/models/battery-base.ts';
export { COMMON } from './sunspec/models/common.ts';
export { DER_CAPACITY } from './sunspec/models/der-capacity.ts';
export { DER_CONTROL } from './sunspec/models/der-control.ts';
export { DER_CONTROLS_AC } from './sunspec/models/der-controls-ac.ts';
export { DER_ENTER_SERVICE } from './sunspec/models/der-enter-service.ts';
export { DER_FREQ_DROOP } from './sunspec/models/der-freq-droop.ts';
export { DER_MEASURE_AC } from './sunspec/models/der-measure-ac.ts';
export { DER_MEASURE_DC } from './sunspec/models/der-measure-dc.ts';
export { DER_STORAGE } from './sunspec/models/der-storage.ts';
export { DER_VOLT_VAR } from './sunspec/models/der-volt-var.ts';
export { DER_WATT_VAR } from './sunspec/models/der-watt-var.ts';
export { METER_THREE_PHASE } from './sunspec/models/meter.ts';
export {
  buildImage,
  type ModelBlock,
  type ReadRegisters,
  type RegisterImage,
  walk,
} from './sunspec/register-map.ts';
