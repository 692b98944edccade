import type { Runtime } from '@perennial/runtime';
import type { FastifyRequest } from 'fastify';
import { overloaded, Problem } from '../problem';
import { AdaptiveLimit } from './adaptive-limit';
import { RecentUse } from './recent-use';

const DOOR = /^\/(?:api\/(?:v1\/)?|v1\/|openai\/)chat\/completions\/?(?:\?|$)/;

/** Fewer accepts at once relieve nobody: chat needs some to share commits. */
const LEAST = 16;
/** Of one user: chat serialises them, and those that wait there hold connections to Postgres. */
const OWN = 4;
/** So many wait, however slow the accepts are: a slow machine, or a replica of chat that has died, is no overload. */
const QUEUE = 48;
/** Further places in the queue, for who has sent less than others lately. */
const RESERVE = 16;
/** As long as an accept may take; who waits longer is refused. */
const WAIT_MS = 5_000;
/** A user whom chat has refused so often is refused here for a moment: a flood of one user must not cost a transaction for each request. */
const REFUSALS = 3;
const REFUSED_MS = 500;
/** More users than can be refused in that time. */
const MOST_REFUSED = 10_000;
/** Seconds; different ones, so that clients that were refused together do not return together. */
const RETRY_AFTER_S = [1, 2, 3] as const;

export interface TurnAdmissionOptions {
  /** Accepts at once at most. */
  most: number;
  /** Milliseconds that an accept may take on average before fewer are admitted. */
  targetMs: number;
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
}

/** A request's place, now or after a wait. */
export interface TurnPlace {
  /** Resolves when the accept may begin; rejects with a Problem if it may not. */
  readonly taken: Promise<void>;
  /** Ends it, waiting or not, with the status of its reply; safe to call twice. */
  leave(status: number): void;
}

interface WaitingTurn {
  userId: string;
  begin(): void;
}

/** Whether the request asks for an answer, by its address. */
export function isTurn({ method, url }: FastifyRequest): boolean {
  return method === 'POST' && DOOR.test(url);
}

/**
 * Admits requests for answers by the measured capacity of what is behind this replica. Their accepts are alike, so how long they take tells how
 * loaded chat and Postgres are. Those beyond wait here for a moment in a short queue, from which who has sent least lately goes first: a flood,
 * of one user or of many, waits behind the others.
 */
export class TurnAdmission {
  private readonly limit: AdaptiveLimit;
  private readonly use: RecentUse;
  private readonly waiting = new Set<WaitingTurn>();
  /** Accepts under way, by user. */
  private readonly own = new Map<string, number>();
  /** By user, how often and until when; the oldest first. */
  private readonly refused = new Map<string, { times: number; until: number }>();
  private readonly shed;

  constructor({ most, targetMs, now = () => performance.now() }: TurnAdmissionOptions, runtime: Runtime) {
    this.limit = new AdaptiveLimit({ least: Math.min(LEAST, most), most, targetMs, now });
    this.use = new RecentUse(now);
    this.shed = runtime.metrics.counter(
      'turns_shed_total',
      'Requests for answers that this gateway refused, by cause',
      ['cause'],
    );
    const help = 'Requests for answers that may be accepted at once, as measured';
    runtime.metrics.gauge('turns_limit', help, [], (gauge) => gauge.set(this.limit.limit));
    runtime.metrics.gauge('turns_waiting', 'Requests for answers that wait for their accept', [], (gauge) =>
      gauge.set(this.waiting.size),
    );
  }

  /**
   * For the head of a request, so that one that will be refused costs next to nothing.
   *
   * @throws Problem 429 if chat has just refused this user several times, 503 if the queue is full
   */
  refuseWhenFull(userId: string): void {
    const refused = this.refused.get(userId);
    if (refused && refused.times >= REFUSALS && refused.until > performance.now()) {
      this.shed.inc({ cause: 'user' });
      throw new Problem(429, 'Too many of your answers are being written. Wait for one to end or stop one.', {
        'retry-after': '1',
      });
    }
    if (this.waiting.size >= QUEUE + RESERVE * (1 - this.use.share(userId))) throw this.full();
  }

  /**
   * Admits a request whose body is here.
   *
   * @throws Problem as `refuseWhenFull`
   */
  admit(userId: string): TurnPlace {
    this.refuseWhenFull(userId);
    if (this.mayBegin(userId)) return { taken: Promise.resolve(), leave: this.begin(userId) };
    let leave: TurnPlace['leave'] = () => undefined;
    const taken = new Promise<void>((resolve, reject) => {
      const waiting: WaitingTurn = {
        userId,
        begin: () => {
          clearTimeout(timer);
          this.waiting.delete(waiting);
          leave = this.begin(userId);
          resolve();
        },
      };
      const giveUp = (problem: Problem): void => {
        clearTimeout(timer);
        if (this.waiting.delete(waiting)) reject(problem);
      };
      const timer = setTimeout(() => giveUp(this.full()), WAIT_MS);
      leave = () => giveUp(new Problem(499, 'The caller disconnected.'));
      this.waiting.add(waiting);
    });
    return { taken, leave: (status) => leave(status) };
  }

  private mayBegin(userId: string): boolean {
    return this.limit.inFlight < this.limit.limit && (this.own.get(userId) ?? 0) < OWN;
  }

  private begin(userId: string): (status: number) => void {
    const end = this.limit.begin();
    this.own.set(userId, (this.own.get(userId) ?? 0) + 1);
    let isOver = false;
    return (status) => {
      if (isOver) return;
      isOver = true;
      const rest = this.own.get(userId)! - 1;
      if (rest > 0) this.own.set(userId, rest);
      else this.own.delete(userId);
      if (status === 200) this.use.add(userId);
      if (status === 429) this.refuse(userId);
      end(status === 200 ? 'done' : status === 503 || status === 504 ? 'dropped' : 'ignored');
      this.beginNext();
    };
  }

  /** Who has used least begins first, counting what is under way; among equals the oldest. */
  private beginNext(): void {
    for (;;) {
      let next: WaitingTurn | undefined;
      let least = Infinity;
      for (const waiting of this.waiting) {
        const used = this.use.count(waiting.userId) + (this.own.get(waiting.userId) ?? 0);
        if (used >= least || !this.mayBegin(waiting.userId)) continue;
        [next, least] = [waiting, used];
      }
      if (next === undefined) return;
      next.begin();
    }
  }

  private full(): Problem {
    this.shed.inc({ cause: 'load' });
    return overloaded(RETRY_AFTER_S[Math.floor(Math.random() * RETRY_AFTER_S.length)]);
  }

  private refuse(userId: string): void {
    const now = performance.now();
    const known = this.refused.get(userId);
    const times = known && known.until > now ? known.times + 1 : 1;
    this.refused.delete(userId);
    this.refused.set(userId, { times, until: now + REFUSED_MS });
    for (const [other, { until }] of this.refused) {
      if (until > now && this.refused.size <= MOST_REFUSED) break;
      this.refused.delete(other);
    }
  }
}
