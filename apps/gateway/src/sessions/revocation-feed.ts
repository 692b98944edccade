import { Injectable, type OnModuleInit } from '@nestjs/common';
import { revocations as revocationCalls, TOKENS_REVOKED } from '@perennial/contracts-auth';
import { type Interval, Runtime, withTimeout } from '@perennial/runtime';
import { Connections, Notices, readFleet, Rpc } from '@perennial/transport';
import { AppliedVersions } from '../versions/applied-versions';
import { FeedCurrency } from './feed-currency';
import { GATEWAY_PRINCIPAL } from './gateway-principal';
import { Revocations } from './revocations';
import { SessionConnections } from './session-connections';
import { Sessions } from './sessions';

const POLL_MS = 700;
const EXPIRY_SWEEP_MS = 1_000;
const FORGET_MS = 60_000;
const FLEET_MS = 500;
/** States of processes that end no session now. */
const NOT_UP: readonly string[] = ['gone', 'silent', 'starting'];

/**
 * Reads revocations (sign-outs, demotions, deletions) and ends the connections of their sessions here. A notice makes it immediate; reading
 * the feed each second makes it certain.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit {
  private cursor = 0;
  /** Rises when auth's database went back to an older state: its numbers begin at a lower one. */
  private era = 0;
  /** The feed was read to its end once: everything up to the cursor is applied. */
  private isRead = false;
  private poll: Interval | undefined;
  /** Reads the new part of the feed, to its end. */
  readonly read: () => Promise<void>;

  constructor(
    private readonly runtime: Runtime,
    private readonly rpc: Rpc,
    private readonly notices: Notices,
    private readonly revocations: Revocations,
    private readonly connections: SessionConnections,
    private readonly sessions: Sessions,
    private readonly versions: AppliedVersions,
    currency: FeedCurrency,
    redis: Connections,
  ) {
    this.read = versions.register('a', {
      applied: () => (this.isRead ? this.cursor : undefined),
      read: () => currency.observe(() => this.load()),
    });
    currency.follow({ read: this.read, isAuthAway: () => isAuthAway(redis) });
  }

  onModuleInit(): void {
    this.poll = this.runtime.every(POLL_MS, () => this.read(), { name: 'read revocations', immediately: true });
    this.runtime.every(EXPIRY_SWEEP_MS, () => this.connections.endExpired(), {
      name: 'end expired sessions',
      until: 'close',
    });
    this.runtime.every(FORGET_MS, () => this.revocations.forgetExpired(), { name: 'forget old revocations' });
    this.runtime.every(FORGET_MS, () => this.sessions.purge(), { name: 'forget unused sessions' });
    void this.notices.subscribe(TOKENS_REVOKED, () => this.poll?.trigger());
  }

  /**
   * After a change that was made here: the reply is sent when this replica has applied it. The others follow by notice.
   */
  async catchUp(userId: string): Promise<void> {
    this.sessions.forget(new Set([userId]));
    await this.versions.catchUp('a');
  }

  private async load(): Promise<void> {
    for (;;) {
      const { cursor: asked, era } = this;
      const { cursor, revocations } = await this.rpc.call(
        revocationCalls.since,
        { cursor: asked },
        { principal: GATEWAY_PRINCIPAL },
      );
      for (const revocation of revocations) {
        this.revocations.add(revocation);
        this.connections.endOf(revocation.userId, (claims) => this.revocations.covers(claims));
      }
      if (revocations.length > 0) this.sessions.forget(new Set(revocations.map(({ userId }) => userId)));
      // Another read has noticed that the feed went back: this number is one of the lost future.
      if (era !== this.era) continue;
      if (cursor < asked) {
        this.era += 1;
        this.cursor = cursor;
      } else this.cursor = Math.max(this.cursor, cursor);
      if (revocations.length === 0 || cursor === asked) break;
    }
    this.isRead = true;
  }
}

/** By what the processes themselves report to Redis. */
async function isAuthAway(redis: Connections): Promise<boolean> {
  const members = await withTimeout(readFleet(redis), FLEET_MS, () => new Error('Redis does not answer in time.'));
  return !members.some(({ service, state }) => service === 'auth' && !NOT_UP.includes(state));
}
