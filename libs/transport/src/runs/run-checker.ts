import { CallError } from '@perennial/contracts-kernel';
import type { DurableStore } from './durable-store';
import type { FollowedRunState, LookedUp } from './followed-run';
import type { RunLookup } from './types';

const SILENT_AGAIN_MS = 1_000;
/** The next durable write fills a gap; it is at most about 350 ms away. */
const FILL_AGAIN_MS = 120;
const MAX_AGAIN_MS = 5_000;
/** A gap that the durable stream has not filled after this many reads is looked up in the database. */
const FILLS_BEFORE_LOOKUP = 4;
/** Runs checked at one time. */
const CONCURRENCY = 16;
/** The lookup must miss a run without a worker this often before it counts as lost, whatever its stream still has. */
const UNKNOWN_LIMIT = 2;

/** A run and the state of its checks. */
export interface CheckedRun {
  readonly state: FollowedRunState;
  /** Not before (ms). */
  checkAt: number;
  /** Checks in a row without progress. */
  checks: number;
  /** A gap is known. */
  hasGap: boolean;
  unknown: number;
  checking?: Promise<void>;
}

/** Checks runs whose live path is silent or has a gap: first their stream, then the lookup. */
export class RunChecker<Run extends CheckedRun = CheckedRun> {
  private underway = 0;

  constructor(
    private readonly store: DurableStore,
    private readonly lookup: RunLookup,
    /** A check may have changed the run. */
    private readonly onChecked: (run: Run) => void,
  ) {}

  /** Starts due checks, up to the limit. */
  tick(runs: Iterable<Run>, now: number): void {
    for (const run of runs) {
      if (this.underway >= CONCURRENCY) return;
      if (run.checking || run.state.terminal || now < run.checkAt) continue;
      if (run.state.needsText || !run.state.isHeard) this.check(run).catch(() => undefined);
    }
  }

  /** Checks a run now. Rejects with the lookup's or Redis's error; what was learned before is kept. */
  check(run: Run): Promise<void> {
    run.checking ??= this.run(run).finally(() => {
      run.checking = undefined;
      const first = run.state.needsText ? FILL_AGAIN_MS : SILENT_AGAIN_MS;
      run.checkAt = performance.now() + Math.min(first * 2 ** run.checks, MAX_AGAIN_MS);
      run.checks += 1;
      if (!run.state.needsText) run.hasGap = false;
      this.onChecked(run);
    });
    return run.checking;
  }

  /** State of a run by rpc; `undefined` when it does not exist. */
  async lookedUp(runId: string): Promise<LookedUp | undefined> {
    try {
      return await this.lookup(runId);
    } catch (error) {
      if (error instanceof CallError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  private async run(run: Run): Promise<void> {
    const { state } = run;
    this.underway += 1;
    try {
      const before = state.revision;
      const isStreamed = await this.readStream(state);
      const hasLearned = state.revision !== before;
      if (state.terminal || !this.mustLookUp(run, isStreamed, hasLearned)) {
        if (hasLearned) run.checks = 0;
        return;
      }
      const found = await this.lookedUp(state.runId);
      if (found) state.applyLookup(found);
      run.unknown = found || state.isHeard ? 0 : run.unknown + 1;
      if (run.unknown >= UNKNOWN_LIMIT) state.vanish();
    } finally {
      this.underway -= 1;
    }
  }

  /**
   * False when Redis has lost the run. A take-over may cut our text below the requested offset: then it reads again.
   */
  private async readStream(state: FollowedRunState): Promise<boolean> {
    for (;;) {
      const { generation, offset } = state.position;
      const durable = await this.store.read(state.runId, state.isKnown ? { generation, offset } : undefined);
      if (!durable) return false;
      state.applyDurable(durable);
      const after = state.position;
      const isBehind = after.offset < durable.position.offset && after.generation === durable.position.generation;
      if (!isBehind || (after.offset === offset && after.generation === generation)) return true;
    }
  }

  private mustLookUp(run: Run, isStreamed: boolean, hasLearned: boolean): boolean {
    const { state } = run;
    if (!state.isKnown) return true;
    // Its worker lives, and the next durable write may have the text.
    if (state.isHeard && !state.isEnding && run.checks < FILLS_BEFORE_LOOKUP) return false;
    if (!isStreamed) return true;
    // The stream has ended without the whole text: it never will have it.
    if (state.isEnding) return hasLearned ? run.checks > 0 : true;
    return !hasLearned;
  }
}
