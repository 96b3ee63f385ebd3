import type { AuditLog } from '@tieline/audit';
import type { MessageBus } from '@tieline/bus';
import type { ControlEvent } from '@tieline/control-plane';
import type { LinkQuality, Onlooker } from '@tieline/virtual';
import type { Provisioned } from '../deployment/provision.ts';
import type { HoldsBack } from '../deployment/withholding.ts';
import type { SiteDevices } from '../devices/site-devices.ts';
import type { Plant } from '../plant/plant.ts';
import type { CutPlan } from '../virtual/power.ts';
import type { Trace } from '../virtual/trace.ts';
import type { AlarmBook } from './alarm-book.ts';

/*
 * Scenarios are played in two worlds: on virtual time within one process, and with real processes, sockets and devices.
 * The plant and its devices stand in the process that plays in both; what differs is whom they meet, and what time it is.
 */

/** A plant that is looked at after every step: all that a run without control has. */
export interface ObservedRun {
  readonly plant: Plant;
  readonly trace: Trace;
  /** By site. */
  readonly devices: ReadonlyMap<string, SiteDevices>;
  /** Audit logs by site, of agents whose disk can be read while they run. */
  readonly logs: ReadonlyMap<string, SeenLog>;
  /** Connections that were asked of the broker in the second before the last step; null where nobody counts them. */
  readonly connectsPerS: number | null;
  /** What the control plane says; null while none runs. */
  readonly control: ControlDesk | null;
  readonly alarms: AlarmBook;
  /** Whether the agent of a site runs now. */
  hasAgent(site: string): boolean;
}

/** Of an audit log, as much as is looked at while its agent writes it. */
export type SeenLog = Pick<AuditLog, 'size' | 'first' | 'receiptedSize' | 'records'>;

/** A running control plane, as people reach it. */
export interface ControlDesk {
  agent(site: string): SeenAgent;
  /** Undefined where it has not been heard of yet. */
  command(id: string): SeenCommand | undefined;
  /** Takes a signed order, or throws why not. */
  submitOrder(order: Uint8Array): Submitted | Promise<Submitted>;
  /** Takes and publishes a signed policy, or throws why not. */
  acceptPolicy(policy: Uint8Array): unknown;
  /** Takes a packed model with its signed release, or throws why not. @returns its digest */
  pushModel(packed: Uint8Array, release: Uint8Array): PushedModel | Promise<PushedModel>;
  /** Has a site run it. */
  directModel(site: string, digest: string): unknown;
}

/** Of what the control plane says of an agent, as much as scenarios ask. */
export interface SeenAgent {
  readonly link: string;
  readonly auditReceipted: number;
  readonly reported: {
    readonly refused: Readonly<Record<string, number>>;
    readonly audit: { readonly size: number };
    /** Version. */
    readonly policy: number;
  } | null;
  /** Commands without a receipt. */
  readonly waiting: number;
  /** The newest of every quantity, as telemetry told it. */
  readonly measurements: readonly Measurement[];
}

interface Measurement {
  readonly quantity: string;
  readonly value: number;
  /** Unix time at which it was measured, ms. */
  readonly wallMs: number;
}

/** As much of a command. */
export interface SeenCommand {
  readonly state: string;
  /** Nothing more is expected. */
  readonly final: boolean;
  readonly ladder: readonly {
    readonly state: string;
    readonly facts: Readonly<Record<string, unknown>>;
  }[];
}

interface PushedModel {
  readonly digest: string;
}

interface Submitted {
  readonly commands: readonly { readonly id: string }[];
}

/** The links of agents to their broker. */
export interface Links {
  /** As a client of that name. */
  bus(clientId: string): MessageBus;
  cut(site: string): void;
  restore(site: string): void;
  setQuality(site: string, quality: Partial<LinkQuality>): void;
  /** Every connection is reset at once, and what was retained is lost; nobody is let in until it starts. */
  stopBroker(): void;
  startBroker(): void;
  restartBroker(): void;
}

/**
 * What only a run within one process shows and can do: whatever passes the broker, and at which write the power of a
 * gateway fails.
 */
export interface Inside {
  show(onlooker: Onlooker): void;
  /** Whether its link, as it is now, lets a connection come about. */
  canConnect(site: string): boolean;
  /** The gateway of a site loses its power at one of its writes from now on. */
  cutPower(site: string, plan: CutPlan): void;
  isDiskFull(site: string): boolean;
  /** Transactions that the disk of its gateway has not taken since the run began. */
  diskRefusals(site: string): number;
}

/** Of a live run. */
export interface LiveFacts {
  /** Simulated seconds in a real one. */
  readonly rate: number;
  /** How it kept up with a clock that does not wait: the longest time between two looks at the plant, simulated ms. */
  readonly longestStepMs: number;
  /** Why it ended before its time. */
  readonly ended?: EndedProcess;
}

/** A process that ended by itself, or in another way than it was asked to. */
export interface EndedProcess {
  /** `agent harbour`, `control plane`. */
  readonly process: string;
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Whether it had been asked to end. */
  readonly asked: boolean;
  /** After the scenario began; 0 before that. */
  readonly atMs: number;
  /** The last lines that it wrote on standard error. */
  readonly log: readonly string[];
}

/** A run with control: what events act on, and what is left of it when it has stopped, until nobody looks at it any more. */
export interface ControlledRun extends ObservedRun, Disposable {
  readonly world: {
    /** Simulated Unix time, ms. */
    wallMs(): number;
    /** Lets something happen that takes no time of the plant's, and waits for it. */
    run(work: () => Promise<void>): Promise<void>;
  };
  readonly network: Links;
  readonly provisioned: Provisioned;
  /** Whoever owns the broker asks this from now on of every message on its way to a site. */
  holdBack(passes: HoldsBack): void;
  /** Hears from now on what every process of the control plane says. */
  hearControl(listener: (event: ControlEvent) => void): void;
  /** Null where the parts are processes of their own. */
  readonly inside: Inside | null;
  /** The agent of a site, or the control plane, ends without a word; it starts again on the disk that it left. */
  kill(site: string): Promise<void>;
  start(site: string): void | Promise<void>;
  killControl(): Promise<void>;
  startControl(): void | Promise<void>;
  /** The wall clock of a site's gateway is this far off from now on. */
  setClock(site: string, offsetMs: number): void;
  /** The disk of a site's gateway takes nothing more, or has room again. */
  fillDisk(site: string, full: boolean): void | Promise<void>;
  /** Undefined on virtual time. */
  readonly live?: LiveFacts;
  /**
   * Lets simulated time pass; no more of it once a process has ended.
   * @throws {GridError} where the power flow has no solution any more
   */
  advance(durationMs: number): Promise<void>;
  stop(): Promise<void>;
  /** Of a site, as its agent's disk has it; once the run has stopped. */
  auditLog(site: string): AuditLog;
}
