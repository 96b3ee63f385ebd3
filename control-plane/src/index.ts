export { SqliteControlStore } from './adapters/sqlite/sqlite-control-store.ts';
export { SqliteTelemetryStore } from './adapters/sqlite/sqlite-telemetry-store.ts';
export type { AgentState } from './core/agent-state.ts';
export {
  ControlPlane,
  type ControlPlanePorts,
  type ControlPlaneSetting,
  type ModelStatus,
} from './core/control-plane.ts';
export type { CounterName, Counters } from './core/counters.ts';
export type { ControlEvent, EventLog, Numbered } from './core/events.ts';
export { ControlError, type ControlFailure } from './core/failure.ts';
export type { CommandState, CommandSummary } from './core/ladder.ts';
export type { Draft, DraftTarget, Preview, Previewed, SitePlace } from './core/preview.ts';
export type { AgentView, CommandDetail, CommandView, RungView } from './core/views.ts';
export type { ControlKeys } from './core/wire.ts';
export type { AuditVault } from './ports/audit-vault.ts';
export type { ControlStore } from './ports/control-store.ts';
export type { TelemetryChunk, TelemetryQuery, TelemetryStore } from './ports/telemetry-store.ts';
