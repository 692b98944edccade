import { Injectable } from '@nestjs/common';
import { NoRoomError } from '@perennial/work';
import { ClaimRepository, SUSPECTS_TOGETHER } from '../ownership/claim.repository';
import { ProcessRegistry } from '../ownership/process-registry';
import { TOLD_AFTER_S } from '../ownership/queue-places.repository';
import { SideEffects } from '../side-effects/side-effects.service';
import type { ClaimedRun } from '../types/run';
import { UserEvents } from '../user-events';
import { ActiveRuns } from './active-runs';
import type { Attempt } from './attempt';
import { AttemptFactory } from './attempt-factory';

/** Runs in one claim statement: a burst of turns needs a few statements, and none of them carries too much history. */
const BATCH = 16;

/** A statement's claimed runs, among its other results. */
interface Claiming {
  claimed: Promise<readonly ClaimedRun[]>;
}

interface ClaimRequest {
  resolve(attempt: Attempt | undefined): void;
  reject(error: unknown): void;
}

/**
 * Claims runs when this process has room. No caller asks for a certain run: Postgres chooses the next. Requests during a claim share the next
 * one.
 */
@Injectable()
export class RunClaims {
  private readonly requests: ClaimRequest[] = [];
  private claiming = false;
  private isOpen = false;
  private closed = false;

  constructor(
    private readonly repository: ClaimRepository,
    private readonly registry: ProcessRegistry,
    private readonly activeRuns: ActiveRuns,
    private readonly attempts: AttemptFactory,
    private readonly sideEffects: SideEffects,
    private readonly events: UserEvents,
  ) {}

  /** From now on this process claims runs. */
  open(): void {
    this.isOpen = true;
  }

  /** From now on no run is claimed. */
  close(): void {
    this.closed = true;
    for (const request of this.requests.splice(0)) request.reject(new NoRoomError());
  }

  /**
   * Resolves with a claimed run as soon as there is room for one, or with undefined when none waits.
   *
   * @throws NoRoomError as soon as no run is claimed any more
   */
  next(): Promise<Attempt | undefined> {
    if (this.closed) return Promise.reject(new NoRoomError());
    const next = new Promise<Attempt | undefined>((resolve, reject) => this.requests.push({ resolve, reject }));
    this.roomMade();
    return next;
  }

  /** Runs for which there is room that no request waits for. */
  get room(): number {
    return this.isOpen && !this.closed ? Math.max(0, this.activeRuns.room - this.requests.length) : 0;
  }

  /** Runs for which there is room if their users have nothing else. */
  get reserve(): number {
    return this.isOpen && !this.closed ? this.activeRuns.free : 0;
  }

  /** Lets an accept claim up to `count` runs for this process; room for them is reserved meanwhile. */
  async atAccept<T extends Claiming>(
    count: number,
    accept: (owner: string) => Promise<T>,
  ): Promise<{ result: T; attempts: Attempt[] }> {
    const owner = this.registry.id;
    try {
      return await this.activeRuns.whileClaiming(count, async () => {
        const result = await accept(owner);
        const runs = await result.claimed;
        return { result, attempts: runs.map((run) => this.begin(run, owner)) };
      });
    } finally {
      this.roomMade();
    }
  }

  /** Claims for waiting requests, as far as there is room. */
  roomMade(): void {
    if (this.claiming || this.requests.length === 0) return;
    this.claiming = true;
    void this.serve();
  }

  /** Claims all suspected runs that this process may write together. */
  async suspects(): Promise<Attempt[]> {
    return this.closed ? [] : this.claim(SUSPECTS_TOGETHER, (owner) => this.repository.claimSuspects(owner));
  }

  private async serve(): Promise<void> {
    for (;;) {
      const count = Math.min(this.requests.length, this.activeRuns.room, BATCH);
      if (count <= 0) break;
      const requests = this.requests.splice(0, count);
      try {
        const attempts = await this.claim(count, (owner) => this.repository.claim(owner, count));
        for (const { run } of attempts) if (run.epoch === 1 && run.age_s >= TOLD_AFTER_S) this.events.claimed(run);
        for (const [n, request] of requests.entries()) request.resolve(attempts[n]);
      } catch (error) {
        for (const request of requests) request.reject(error);
      }
    }
    this.claiming = false;
  }

  private claim(count: number, claim: (owner: string) => Promise<ClaimedRun[]>): Promise<Attempt[]> {
    const owner = this.registry.id;
    return this.activeRuns.whileClaiming(count, async () => (await claim(owner)).map((run) => this.begin(run, owner)));
  }

  private begin(run: ClaimedRun, owner: string): Attempt {
    const attempt = this.attempts.make(run, owner);
    this.activeRuns.add(attempt);
    const { principal, traceparent } = run;
    if (run.title && !run.cancelled)
      this.sideEffects.begin({ ...run.title, kind: 'title', principal, traceparent }, attempt.over);
    attempt.onFollowUps = (effect) => this.sideEffects.begin({ ...effect, kind: 'follow_ups', principal, traceparent });
    return attempt;
  }
}
