import { Injectable, type OnModuleInit } from '@nestjs/common';
import { revocations as revocationCalls, TOKENS_REVOKED } from '@perennial/contracts-auth';
import { type Interval, Runtime } from '@perennial/runtime';
import { Notices, Rpc } from '@perennial/transport';
import { GATEWAY_PRINCIPAL } from './gateway-principal';
import { Revocations } from './revocations';
import { SessionConnections } from './session-connections';
import { Sessions } from './sessions';

const POLL_MS = 700;
const EXPIRY_SWEEP_MS = 1_000;
const FORGET_MS = 60_000;

/**
 * Reads revocations (sign-outs, demotions, deletions) and ends the connections of their sessions here. A notice makes it immediate; reading
 * the feed each second makes it certain.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit {
  private cursor = 0;
  private poll: Interval | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly rpc: Rpc,
    private readonly notices: Notices,
    private readonly revocations: Revocations,
    private readonly connections: SessionConnections,
    private readonly sessions: Sessions,
  ) {}

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
    // The change is made; if the feed cannot be read now, the poll reads it.
    await this.read().catch(() => undefined);
  }

  /** Reads the new part of the feed, to its end. */
  async read(): Promise<void> {
    for (;;) {
      const { cursor, revocations } = await this.rpc.call(
        revocationCalls.since,
        { cursor: this.cursor },
        { principal: GATEWAY_PRINCIPAL },
      );
      for (const revocation of revocations) {
        this.revocations.add(revocation);
        this.connections.endOf(revocation.userId, (claims) => this.revocations.covers(claims));
      }
      if (revocations.length > 0) this.sessions.forget(new Set(revocations.map(({ userId }) => userId)));
      if (revocations.length === 0 || cursor <= this.cursor) return;
      this.cursor = Math.max(this.cursor, cursor);
    }
  }
}
