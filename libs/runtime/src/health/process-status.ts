import { performance } from 'node:perf_hooks';
import { waitAtMost } from '../async/waiting';
import type { LastError } from '../logging/last-error';
import type { Readiness } from './readiness';

/** Checks ask databases and stores; a report of each second must not. */
const SLOW_MS = 5_000;
/** A report is not delayed for longer by a service that hangs: others would take this process for silent. */
const ANSWER_MS = 250;

/** What only some processes know; a number that changes slowly or costs a question may be a promise. */
export interface StatusParts {
  /** What the process does of its service: `api`, `worker`, `quarantine` or `all`. */
  role: () => string;
  /** Requests or calls in progress. */
  inFlight: () => number;
  /** Answers or files in hand. */
  runs: () => number;
  /** Jobs that wait for a worker, of the whole installation. */
  queue: () => Promise<number>;
  /** Pieces of work that this process took back from dead ones. */
  takeOvers: () => number;
  /** The applied version of the settings, for example `c812.a10442`; undefined before the first. */
  settings: () => string | undefined | Promise<string | undefined>;
  /** The applied version of retrieval's settings. */
  retrievalSettings: () => number | undefined;
  /** Fingerprints of the definitions in `PLACEMENTS`, by name. */
  placements: () => Readonly<Record<string, string>>;
  /** Fingerprints of the installation's vector stores, by name. */
  vectorStores: () => Readonly<Record<string, string>>;
  /** The stores that may hold the files, and which of them this process uses. */
  blobStores: () => BlobStoresStatus;
}

/** What a process that keeps or reads files knows of their stores. */
export interface BlobStoresStatus {
  /** Of the choice of a store that is applied; null before the first. */
  version: number | null;
  /** Fingerprints of the definitions, by name (`storePrint`). */
  prints: Readonly<Record<string, string>>;
}

/** How a process is, for operators. Never holds a secret or somebody's text. */
export interface ProcessStatus {
  state: 'starting' | 'ready' | 'degraded' | 'failing' | 'draining';
  /** Milliseconds since 1970. */
  startedAt: number;
  load: {
    /** Share of a core since the status before. */
    cpu: number;
    /** Share of time in which the event loop was busy, since the status before. */
    loop: number;
    /** Latest timer of the last minute, in milliseconds. */
    loopDelayMs: number;
    /** Resident memory. */
    bytes: number;
    inFlight: number | null;
  };
  role: string | null;
  runs: number | null;
  queue: number | null;
  takeOvers: number | null;
  settings: string | null;
  retrievalSettings: number | null;
  /** The names in `PLACEMENTS`; null where the process does not enforce any. */
  placements: string[] | null;
  /** Fingerprints of their definitions, by name (`placementPrints`). */
  placementPrints: Readonly<Record<string, string>> | null;
  /** Fingerprints of the vector stores that it declares, by name (`vectorStorePrints`); null where it uses none. */
  vectorStores: Readonly<Record<string, string>> | null;
  /** Null where the process has nothing to do with files. */
  blobStores: BlobStoresStatus | null;
  /** Checks of `/health/ready`, at most some seconds old. */
  dependencies: { name: string; ok: boolean }[];
  lastError: LastError | null;
}

/** Collects the status of this process from its parts. */
export class StatusSource {
  private readonly parts: Partial<StatusParts> = {};
  private cpu = process.cpuUsage();
  private loop = performance.eventLoopUtilization();
  private at = performance.now();
  private slowAt = -Infinity;
  private health: Pick<ProcessStatus, 'state' | 'dependencies'> = { state: 'starting', dependencies: [] };
  private queue: number | null = null;
  private settings: string | null = null;
  /** Set by `runService`. */
  loopDelayMs: () => number = () => 0;

  constructor(
    private readonly readiness: Readiness,
    private readonly lastError: () => LastError | undefined,
  ) {}

  /** Registers parts, each by one owner. */
  provide(parts: Partial<StatusParts>): void {
    Object.assign(this.parts, parts);
  }

  /** The status now. One reader at a time: shares of time are since the reading before. */
  async read(): Promise<ProcessStatus> {
    this.refreshSlow();
    const { parts } = this;
    await this.refreshSettings();
    const placements = parts.placements?.();
    const state = this.readiness.isDraining ? 'draining' : this.health.state;
    return {
      state,
      startedAt: Math.round(performance.timeOrigin),
      load: { ...this.shares(), loopDelayMs: Math.round(this.loopDelayMs()), inFlight: parts.inFlight?.() ?? null },
      role: parts.role?.() ?? null,
      runs: parts.runs?.() ?? null,
      queue: this.queue,
      takeOvers: parts.takeOvers?.() ?? null,
      settings: this.settings,
      retrievalSettings: parts.retrievalSettings?.() ?? null,
      placements: placements ? Object.keys(placements) : null,
      placementPrints: placements ?? null,
      vectorStores: parts.vectorStores?.() ?? null,
      blobStores: parts.blobStores?.() ?? null,
      dependencies: this.health.dependencies,
      lastError: this.lastError() ?? null,
    };
  }

  /** Not awaited: a store that hangs must not delay the report of the process. */
  private refreshSlow(): void {
    const now = performance.now();
    // Once a second until it is ready, so that nobody sees a started process as starting for long.
    if (now - this.slowAt < (this.health.state === 'starting' ? 0 : SLOW_MS)) return;
    this.slowAt = now;
    void this.readiness.report().then(({ status, checks }) => {
      // A process that drains checks nothing any more.
      if (status === 'draining') return;
      this.health = { state: status, dependencies: checks.map(({ name, ok }) => ({ name, ok })) };
    });
    void this.parts.queue?.().then(
      (queue) => (this.queue = queue),
      () => (this.queue = null),
    );
  }

  private async refreshSettings(): Promise<void> {
    const read = Promise.resolve(this.parts.settings?.()).then(
      (settings) => (this.settings = settings ?? this.settings),
    );
    await waitAtMost(read, ANSWER_MS).catch(() => undefined);
  }

  private shares(): Pick<ProcessStatus['load'], 'cpu' | 'loop' | 'bytes'> {
    const now = performance.now();
    const elapsed = Math.max(1, now - this.at);
    const used = process.cpuUsage(this.cpu);
    const loop = performance.eventLoopUtilization();
    const busy = performance.eventLoopUtilization(loop, this.loop).utilization;
    this.cpu = process.cpuUsage();
    this.loop = loop;
    this.at = now;
    return {
      cpu: round((used.user + used.system) / 1_000 / elapsed),
      loop: round(busy),
      bytes: process.memoryUsage.rss(),
    };
  }
}

function round(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}
