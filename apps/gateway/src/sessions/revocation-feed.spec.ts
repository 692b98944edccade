import type { SessionClaims } from '@perennial/contracts-auth';
import { Runtime } from '@perennial/runtime';
import type { Connections, Notices, Rpc } from '@perennial/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppliedVersions } from '../versions/applied-versions';
import { FeedCurrency } from './feed-currency';
import { RevocationFeed } from './revocation-feed';
import { Revocations } from './revocations';
import { SessionConnections } from './session-connections';
import { Sessions } from './sessions';

const USER = 'the user';
const claims = { id: USER, jti: 'one' } as SessionClaims;

/** Pages of the feed, as auth has them: a cursor from the future reads from the start. */
const PAGE = 2;

describe('the feed of revocations after auth went back to a backup', () => {
  it('is read from the start, over all its pages, and from there on only what is new', async () => {
    let subjects = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const asked: number[] = [];
    const since = ({ cursor }: { cursor: number }) => {
      asked.push(cursor);
      const from = cursor > subjects.length ? 0 : cursor;
      const page = subjects.slice(from, from + PAGE);
      const revocations = page.map((subject, at) => ({
        sequence: from + at + 1,
        kind: 'session',
        subject,
        userId: USER,
        notBefore: 0,
      }));
      return Promise.resolve({ cursor: from + page.length, revocations });
    };
    const rpc = { call: (_: unknown, request: { cursor: number }) => since(request) } as unknown as Rpc;
    const revocations = new Revocations();
    const runtime = new Runtime({ name: 'gateway', logLevel: 'silent' });
    const sessions = new Sessions(['a secret'], revocations, new FeedCurrency(), rpc);
    const feed = new RevocationFeed(
      runtime,
      rpc,
      {} as Notices,
      revocations,
      new SessionConnections(),
      sessions,
      new AppliedVersions(),
      new FeedCurrency(),
      {} as Connections,
    );
    await feed.read();
    subjects = ['a', 'b', 'new', 'newer', 'newest'];
    // Two at once, as the poll and a sign-out here.
    await Promise.all([feed.read(), feed.read()]);
    for (const jti of subjects) expect(revocations.covers({ ...claims, jti })).toBe(true);
    asked.length = 0;
    await feed.read();
    expect(asked).toEqual([5]);
    subjects.push('last');
    await feed.read();
    expect(revocations.covers({ ...claims, jti: 'last' })).toBe(true);
  });
});

describe('the feed of revocations', () => {
  let ended: number;
  let signedOut: boolean;
  let notice: () => void;
  let runtime: Runtime;
  beforeEach(async () => {
    vi.useFakeTimers();
    ended = 0;
    signedOut = false;
    const revocation = { sequence: 1, kind: 'session', subject: claims.jti, userId: USER, notBefore: 0 };
    const rpc = {
      call: (_: unknown, { cursor }: { cursor: number }) =>
        Promise.resolve(
          signedOut && cursor === 0 ? { cursor: 1, revocations: [revocation] } : { cursor, revocations: [] },
        ),
    } as unknown as Rpc;
    const notices = {
      subscribe: (_: unknown, handler: () => void) => Promise.resolve((notice = handler)),
    } as unknown as Notices;
    const connections = new SessionConnections();
    connections.add({ claims, end: () => (ended += 1) });
    const revocations = new Revocations();
    const sessions = new Sessions(['a secret'], revocations, new FeedCurrency(), rpc);
    runtime = new Runtime({ name: 'gateway', logLevel: 'silent' });
    new RevocationFeed(
      runtime,
      rpc,
      notices,
      revocations,
      connections,
      sessions,
      new AppliedVersions(),
      new FeedCurrency(),
      {} as Connections,
    ).onModuleInit();
    await vi.advanceTimersByTimeAsync(0);
    signedOut = true;
  });
  afterEach(async () => {
    for (const phase of ['intake', 'close'] as const) await runtime.drain.run(phase, performance.now() + 1_000);
    vi.useRealTimers();
  });

  it('is read at once when a notice says so', async () => {
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toBe(0);
    notice();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toBe(1);
  });

  it('is read within a second when every notice is lost', async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toBe(1);
  });
});
