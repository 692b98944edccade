import { raceAbort } from '../async/waiting';

/** Resolves with a detail for the operator, or throws. */
export type Check = (signal: AbortSignal) => Promise<string | void> | string | void;

export interface CheckOptions {
  /** An optional check that fails makes the process `degraded`, not unready. Required by default. */
  required?: boolean;
  /** Time limit of one run, 1,000 ms by default. */
  timeoutMs?: number;
}

export interface CheckResult {
  name: string;
  ok: boolean;
  required: boolean;
  detail?: string;
}

export interface ReadinessReport {
  status: 'ready' | 'degraded' | 'starting' | 'draining' | 'failing';
  checks: CheckResult[];
}

/** Many probes must not become many queries. */
const CACHE_MS = 1_000;

/** Whether this process should get work: started, not draining, and every required check passes. */
export class Readiness {
  private readonly checks: { name: string; check: Check; required: boolean; timeoutMs: number }[] = [];
  private phase: 'starting' | 'serving' | 'draining' = 'starting';
  private cached?: { at: number; results: Promise<CheckResult[]> };

  /** Registers a check by name; each name once. */
  register(name: string, check: Check, { required = true, timeoutMs = 1_000 }: CheckOptions = {}): void {
    if (this.checks.some((existing) => existing.name === name))
      throw new Error(`readiness check "${name}" is registered twice`);
    this.checks.push({ name, check, required, timeoutMs });
    this.cached = undefined;
  }

  started(): void {
    if (this.phase === 'starting') this.phase = 'serving';
  }

  draining(): void {
    this.phase = 'draining';
  }

  get isDraining(): boolean {
    return this.phase === 'draining';
  }

  /** Runs the checks (at most once a second) and sums them up. */
  async report(): Promise<ReadinessReport> {
    if (this.phase === 'draining') return { status: 'draining', checks: [] };
    const now = performance.now();
    if (this.cached === undefined || now - this.cached.at >= CACHE_MS) {
      this.cached = { at: now, results: Promise.all(this.checks.map((entry) => this.run(entry))) };
    }
    const checks = await this.cached.results;
    return { status: this.status(checks), checks };
  }

  private status(checks: CheckResult[]): ReadinessReport['status'] {
    if (this.phase !== 'serving') return this.phase;
    if (checks.some((check) => !check.ok && check.required)) return 'failing';
    return checks.some((check) => !check.ok) ? 'degraded' : 'ready';
  }

  private async run({
    name,
    check,
    required,
    timeoutMs,
  }: {
    name: string;
    check: Check;
    required: boolean;
    timeoutMs: number;
  }): Promise<CheckResult> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const detail = await raceAbort(
        Promise.resolve().then(() => check(signal)),
        signal,
      );
      return { name, ok: true, required, ...(detail ? { detail } : {}) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { name, ok: false, required, detail: signal.aborted ? `no answer within ${timeoutMs} ms` : reason };
    }
  }
}
