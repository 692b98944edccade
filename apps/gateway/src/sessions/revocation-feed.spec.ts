import type { SessionClaims } from '@perennial/contracts-auth';
import { Runtime } from '@perennial/runtime';
import type { Notices, Rpc } from '@perennial/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppliedVersions } from '../versions/applied-versions';
import { RevocationFeed } from './revocation-feed';
import { Revocations } from './revocations';
import { SessionConnections } from './session-connections';
import { Sessions } from './sessions';

const USER = 'the user';
const claims = { id: USER, jti: 'one' } as SessionClaims;

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
    const sessions = new Sessions('a secret', revocations, rpc);
    runtime = new Runtime({ name: 'gateway', logLevel: 'silent' });
    new RevocationFeed(runtime, rpc, notices, revocations, connections, sessions, new AppliedVersions()).onModuleInit();
    await vi.advanceTimersByTimeAsync(0);
    signedOut = true;
  });
  afterEach(async () => {
    for (const phase of ['intake', 'close'] as const) await runtime.drain.run(phase, Date.now() + 1_000);
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
