import { routes } from '@perennial/contracts-gateway';
import { CountByKey, type Runtime } from '@perennial/runtime';
import type { FastifyRequest } from 'fastify';
import { overloaded, Problem } from '../problem';
import { AdaptiveLimit } from './adaptive-limit';
import { FadingCounts } from './fading-counts';
import { FairShares } from './fair-shares';

const { method: METHOD, path, aliases = [] } = routes.completions.create;
const PATHS: ReadonlySet<string | undefined> = new Set([path, ...aliases]);

/** Fewer accepts at once relieve nobody: chat needs some to share commits. */
const LEAST = 16;
/** Of one user: chat serialises them, and those that wait there hold connections to Postgres. */
const OWN = 4;
/** So many wait, however slow the accepts are: a slow machine, or a replica of chat that has died, is no overload. */
const QUEUE = 48;
/** So many, if the others are first requests too: a crowd that comes at once is not refused before it has asked twice. */
const FIRST_QUEUE = 2 * QUEUE;
/** Whose weight is so much less takes the place of another's request in a full queue. */
const LESS = 2;
/** After this time a refused request counts for 1/e. */
const REFUSAL_MS = 2_000;
/** Beyond so many, users weigh the same: those who flood would only take each other's places. */
const MOST_PRESSURE = 4;
/**
 * Who waits longer is refused once the queue has been full, until it has been empty: what stands there would only be old when it begins ("controlled
 * delay", B. Maurer, Fail at Scale, ACM Queue 13(8), 2015).
 */
const OVERLOADED_WAIT_MS = 500;
/** Otherwise: as long as an accept may take. */
const WAIT_MS = 5_000;
/** A user whom chat has refused so often is refused here for a moment: a flood of one user must not cost a transaction for each request. */
const REFUSALS = 3;
const REFUSED_MS = 500;
/** More users than can be refused in that time. */
const MOST_REFUSED = 10_000;
/** Made once, since an error that is made records where. After different seconds, so that clients that were refused together do not return together. */
const FULL = [1, 2, 3].map((seconds) => overloaded(seconds));
const REFUSED = new Problem(429, 'Too many of your answers are being written. Wait for one to end or stop one.', {
  'retry-after': '1',
}).as('too_many_answers');

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
  /** Its caller has disconnected: ends it if it still waits. An accept that has begun goes on, so its place does too. */
  giveUp(): void;
}

interface WaitingTurn {
  userId: string;
  begin(): void;
  refuse(): void;
}

/** Whether the request asks for an answer, by its route: one address can be written in many ways. */
export function isTurn({ method, routeOptions }: FastifyRequest): boolean {
  return method === METHOD && PATHS.has(routeOptions.url);
}

/**
 * Admits requests for answers by the measured capacity of what is behind this replica. Their accepts are alike, so how long they take tells how
 * loaded chat and Postgres are. Those beyond wait here for a moment in a short queue, from which users have turns in rounds, in each of them first
 * who asks for least: a flood, of one user or of many, waits behind the others.
 */
export class TurnAdmission {
  private readonly limit: AdaptiveLimit;
  private readonly shares = new FairShares();
  /** By user: requests that found the queue full. */
  private readonly shedLately: FadingCounts;
  private readonly waiting = new Set<WaitingTurn>();
  /** Somebody found the queue full since it was last empty. */
  private isOverloaded = false;
  /** By user. */
  private readonly underWay = new CountByKey();
  private readonly waitingOf = new CountByKey();
  /** By user, how often and until when; the oldest first. */
  private readonly refused = new Map<string, { times: number; until: number }>();
  /** Until when one of them may be refused. */
  private refusedUntil = -Infinity;
  private readonly shed;

  constructor({ most, targetMs, now = () => performance.now() }: TurnAdmissionOptions, runtime: Runtime) {
    const least = Math.min(LEAST, most);
    // Few at first: what waits here is not refused, and a flood that begins with many is felt until they have ended.
    this.limit = new AdaptiveLimit({ least, most, first: least, targetMs, now });
    this.shedLately = new FadingCounts(REFUSAL_MS, now);
    this.shed = runtime.metrics.counter(
      'turns_shed_total',
      'Requests for answers that this gateway refused, by cause',
      ['cause'],
    );
    // From the start, or the first refusals would be no increase.
    for (const cause of ['load', 'user']) this.shed.inc({ cause }, 0);
    const help = 'Requests for answers that may be accepted at once, as measured';
    runtime.metrics.gauge('turns_limit', help, [], (gauge) => gauge.set(this.limit.limit));
    runtime.metrics.gauge('turns_waiting', 'Requests for answers that wait for their accept', [], (gauge) =>
      gauge.set(this.waiting.size),
    );
  }

  /** Whether anybody would be refused now. */
  get mayRefuse(): boolean {
    return this.waiting.size >= QUEUE || this.refusedUntil > performance.now();
  }

  /**
   * For the head of a request, so that one that will be refused costs next to nothing.
   *
   * @returns a Problem, 429 if chat has just refused this user several times, 503 if the queue is full; undefined if a request may be admitted
   */
  refusalOf(userId: string): Problem | undefined {
    const refused = this.refused.get(userId);
    if (refused && refused.times >= REFUSALS && refused.until > performance.now()) {
      this.shed.inc({ cause: 'user' });
      return REFUSED;
    }
    if (!this.isFullFor(userId)) return undefined;
    this.isOverloaded = true;
    return this.heavierThan(userId) ? undefined : this.full(userId);
  }

  /** @throws Problem as `refusalOf` */
  refuseWhenFull(userId: string): void {
    const refusal = this.refusalOf(userId);
    if (refusal) throw refusal;
  }

  /**
   * Admits a request whose body is here.
   *
   * @throws Problem as `refusalOf`
   */
  admit(userId: string): TurnPlace {
    this.refuseWhenFull(userId);
    if (this.waiting.size === 0) {
      this.shares.reset();
      this.isOverloaded = false;
    }
    if (this.mayBegin(userId)) return { taken: Promise.resolve(), leave: this.begin(userId), giveUp: () => undefined };
    if (this.waiting.size >= QUEUE) this.heavierThan(userId)?.refuse();
    let leave: TurnPlace['leave'] = () => undefined;
    let giveUp: TurnPlace['giveUp'] = () => undefined;
    const taken = new Promise<void>((resolve, reject) => {
      const waiting: WaitingTurn = {
        userId,
        begin: () => {
          end();
          leave = this.begin(userId);
          resolve();
        },
        refuse: () => endWith(this.full(userId)),
      };
      const end = (): void => {
        clearInterval(timer);
        this.waiting.delete(waiting);
        this.waitingOf.add(userId, -1);
      };
      const endWith = (problem: Problem): void => {
        if (!this.waiting.has(waiting)) return;
        end();
        reject(problem);
      };
      let waitedMs = 0;
      const timer = setInterval(() => {
        waitedMs += OVERLOADED_WAIT_MS;
        if (this.isOverloaded || waitedMs >= WAIT_MS) waiting.refuse();
      }, OVERLOADED_WAIT_MS);
      giveUp = () => endWith(new Problem(499, 'The caller disconnected.'));
      leave = giveUp;
      this.waiting.add(waiting);
      this.waitingOf.add(userId, 1);
    });
    return { taken, leave: (status) => leave(status), giveUp };
  }

  private isFullFor(userId: string): boolean {
    return this.waiting.size >= (this.pressureOf(userId) < 1 ? FIRST_QUEUE : QUEUE);
  }

  private mayBegin(userId: string): boolean {
    return this.limit.inFlight < this.limit.limit && this.underWay.of(userId) < OWN;
  }

  private begin(userId: string): (status: number) => void {
    const end = this.limit.begin();
    this.underWay.add(userId, 1);
    this.shares.begin(userId);
    let isOver = false;
    return (status) => {
      if (isOver) return;
      isOver = true;
      this.underWay.add(userId, -1);
      if (status === 429) this.refuse(userId);
      end(status === 200 ? 'done' : status === 503 || status === 504 ? 'dropped' : 'ignored');
      this.beginNext();
    };
  }

  /** Who is in the earliest round begins first; in a round, who asks for least; then the oldest. */
  private beginNext(): void {
    for (;;) {
      let next: WaitingTurn | undefined;
      let least = Infinity;
      for (const waiting of this.waiting) {
        const { userId } = waiting;
        const pressure = this.pressureOf(userId);
        // Less than one more round, however much is asked for.
        const place = this.shares.roundOf(userId) + pressure / (pressure + 1);
        if (place >= least || !this.mayBegin(userId)) continue;
        [next, least] = [waiting, place];
      }
      if (next === undefined) return;
      next.begin();
    }
  }

  /** What the user asks for at once: requests that wait, and that were refused lately. */
  private pressureOf(userId: string): number {
    return this.waitingOf.of(userId) + Math.min(MOST_PRESSURE, this.shedLately.of(userId));
  }

  private weightOf(userId: string): number {
    return this.shares.roundOf(userId) + this.pressureOf(userId);
  }

  /** The newest waiting request of the user who weighs most, if that is clearly more than this user. */
  private heavierThan(userId: string): WaitingTurn | undefined {
    let heaviest: WaitingTurn | undefined;
    let most = this.weightOf(userId) + LESS;
    for (const waiting of this.waiting) {
      const weight = this.weightOf(waiting.userId);
      if (weight >= most) [heaviest, most] = [waiting, weight];
    }
    return heaviest;
  }

  private full(userId: string): Problem {
    this.shed.inc({ cause: 'load' });
    this.shedLately.add(userId);
    return FULL[Math.floor(Math.random() * FULL.length)]!;
  }

  private refuse(userId: string): void {
    const now = performance.now();
    const known = this.refused.get(userId);
    const times = known && known.until > now ? known.times + 1 : 1;
    if (times >= REFUSALS) this.refusedUntil = now + REFUSED_MS;
    this.refused.delete(userId);
    this.refused.set(userId, { times, until: now + REFUSED_MS });
    for (const [other, { until }] of this.refused) {
      if (until > now && this.refused.size <= MOST_REFUSED) break;
      this.refused.delete(other);
    }
  }
}
