import type { Runtime } from '@perennial/runtime';
import type { FastifyRequest } from 'fastify';
import { overloaded, Problem } from '../problem';
import { AdaptiveLimit } from './adaptive-limit';
import { RecentUse } from './recent-use';

const DOOR = /^\/(?:api\/(?:v1\/)?|v1\/|openai\/)chat\/completions\/?(?:\?|$)/;

/** Share of the places that is open to everyone; the rest, and never fewer than these, are for who has sent less than others lately. */
const OPEN = 0.6;
const LEAST_RESERVE = 16;
/** Fewer accepts at once relieve nobody, and one user alone must be able to send several. */
const LEAST = 32;
/** A user whom chat has refused so often is refused here for a moment: a flood of one user must not cost a transaction for each request. */
const REFUSALS = 3;
const REFUSED_MS = 500;
/** More users than can be refused in that time. */
const MOST_REFUSED = 10_000;
/** Seconds; different ones, so that clients that were refused together do not return together. */
const RETRY_AFTER_S = [1, 2, 3] as const;

export interface TurnAdmissionOptions {
  most: number;
  /** Milliseconds that an accept may take on average before fewer are admitted. */
  targetMs: number;
}

/** Whether the request asks for an answer, by its address. */
export function isTurn({ method, url }: FastifyRequest): boolean {
  return method === 'POST' && DOOR.test(url);
}

/**
 * Admits requests for answers by the measured capacity of what is behind this replica. Their accepts are alike, so how long they take tells how
 * loaded chat and Postgres are. The less a user has sent lately the more of the places are open, so that a flood, of one user or of many, does not
 * keep the others out.
 */
export class TurnAdmission {
  private readonly limit: AdaptiveLimit;
  private readonly use = new RecentUse();
  /** By user, how often and until when; the oldest first. */
  private readonly refused = new Map<string, { times: number; until: number }>();
  private readonly shed;

  constructor({ most, targetMs }: TurnAdmissionOptions, runtime: Runtime) {
    this.limit = new AdaptiveLimit({ least: Math.min(LEAST, most), most, targetMs });
    this.shed = runtime.metrics.counter(
      'turns_shed_total',
      'Requests for answers that this gateway refused, by cause',
      ['cause'],
    );
    const help = 'Requests for answers that may be accepted at once, as measured';
    runtime.metrics.gauge('turns_limit', help, [], (gauge) => gauge.set(this.limit.limit));
  }

  /**
   * For the head of a request, so that one that will be refused costs next to nothing.
   *
   * @throws Problem 429 if chat has just refused this user several times, 503 beyond the limit
   */
  refuseWhenFull(userId: string): void {
    const refused = this.refused.get(userId);
    if (refused && refused.times >= REFUSALS && refused.until > performance.now()) {
      this.shed.inc({ cause: 'user' });
      throw new Problem(429, 'Too many of your answers are being written. Wait for one to end or stop one.', {
        'retry-after': '1',
      });
    }
    const { limit } = this.limit;
    const reserve = Math.max(LEAST_RESERVE, limit * (1 - OPEN));
    const places = limit * OPEN + reserve * (1 - this.use.share(userId));
    if (this.limit.inFlight < places) return;
    this.shed.inc({ cause: 'load' });
    throw overloaded(RETRY_AFTER_S[Math.floor(Math.random() * RETRY_AFTER_S.length)]);
  }

  /**
   * Admits a request whose body is here; the returned function is called with the status of its reply.
   *
   * @throws Problem as `refuseWhenFull`
   */
  admit(userId: string): (status: number) => void {
    this.refuseWhenFull(userId);
    const end = this.limit.begin();
    return (status) => {
      if (status === 200) this.use.add(userId);
      if (status === 429) this.refuse(userId);
      end(status === 200 ? 'done' : status === 503 || status === 504 ? 'dropped' : 'ignored');
    };
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
