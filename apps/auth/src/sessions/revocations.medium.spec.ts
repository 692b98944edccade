import { randomUUID } from 'node:crypto';
import {
  type IssuedSession,
  type Revocation,
  revocations,
  type SessionClaims,
  SessionClaimsSchema,
  sessions,
  TOKENS_REVOKED,
  users,
} from '@perennial/contracts-auth';
import { ANONYMOUS, CallError, type CallReply, type Principal } from '@perennial/contracts-kernel';
import { freshDatabase, freshPrefix, redisUrl, waitFor } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
import { createDecoder } from 'fast-jwt';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthModule } from '../auth.module';
import { authEnv } from '../env';
import { SessionsService } from './sessions.service';

const service = { name: 'auth', env: authEnv, module: AuthModule.forRoot };
const gateway: Principal = { kind: 'service', name: 'gateway' };
const address = '203.0.113.1';
const password = 'Passw0rd!x';
const claimsOf = ({ token }: IssuedSession) => SessionClaimsSchema.parse(createDecoder()(token));

/** The token as if issued some days earlier; its signature is not checked here. */
function backdated(token: string, days: number): string {
  const claims = SessionClaimsSchema.parse(createDecoder()(token));
  const body = Buffer.from(JSON.stringify({ ...claims, iat: claims.iat - days * 86_400 })).toString('base64url');
  return token.replace(/\.[^.]*\./, `.${body}.`);
}

/** Real: Postgres, Redis, the transport, three replicas of the module. */
describe('the revocation feed', () => {
  let caller: Caller;
  let replicas: Replica[];
  let db: pg.Pool;
  let admin: Principal;
  let databaseUrl: string;

  beforeAll(async () => {
    databaseUrl = await freshDatabase('revocations');
    const prefix = freshPrefix('revocations');
    const source = {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      SECRET_KEY: 'the secret of this test',
      ENABLE_SIGNUP: 'true',
    };
    replicas = await Promise.all([1, 2, 3].map(() => startReplica(service, source)));
    caller = await startCaller(redisUrl(), prefix);
    db = new pg.Pool({ connectionString: databaseUrl, max: 2, options: '-c search_path=auth' });
    const first = await signUp('admin@example.com');
    admin = { kind: 'user', userId: first.user.id, role: 'admin', sessionId: claimsOf(first).jti };
  });
  afterAll(async () => {
    await caller?.stop();
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
    await db?.end();
  });

  const signUp = (email: string) =>
    caller.rpc.call(users.signUp, { name: 'Someone', email, password, address, local: true }, { principal: ANONYMOUS });
  /** Asked again when a busy machine was too slow: reading changes nothing. */
  const since = async (cursor: number): Promise<CallReply<typeof revocations.since>> => {
    try {
      return await caller.rpc.call(revocations.since, { cursor }, { principal: gateway });
    } catch (error) {
      if (error instanceof CallError && error.code === 'DEADLINE_EXCEEDED') return since(cursor);
      throw error;
    }
  };
  const head = async () => {
    for (let cursor = 0; ;) {
      const page = await since(cursor);
      if (page.cursor === cursor) return cursor;
      cursor = page.cursor;
    }
  };
  const signOut = (jti: string, userId: string, expiresAt: number | null, key?: string) =>
    caller.rpc.call(
      sessions.signOut,
      { jti, userId, expiresAt },
      { principal: { kind: 'user', userId, role: 'user', sessionId: jti }, key },
    );

  it('is dense and ordered by commit: a reader that never looks back misses nothing', async () => {
    const userId = randomUUID();
    const expiresAt = Math.floor(Date.now() / 1000) + 3600;
    const start = await head();
    const seen: Revocation[] = [];
    let cursor = start;
    let writing = true;
    const read = async () => {
      for (let last = false; ; last = !writing) {
        const page = await since(cursor);
        seen.push(...page.revocations);
        cursor = page.cursor;
        if (last) return;
      }
    };
    const subjects = Array.from({ length: 120 }, (_, n) => `jti-${n}`);
    const write = () =>
      Promise.all(subjects.map((jti) => signOut(jti, userId, expiresAt))).finally(() => (writing = false));
    await Promise.all([read(), write()]);
    expect(seen.map(({ sequence }) => sequence)).toEqual(subjects.map((_, n) => start + 1 + n));
    expect(new Set(seen.map(({ subject }) => subject))).toEqual(new Set(subjects));
  });

  it('numbers waiting revocations in few transactions, and makes no caller wait for the numbers', async () => {
    const { user, token } = await signUp('waits@example.com');
    const principal: Principal = { kind: 'user', userId: user.id, role: 'user', sessionId: 'any' };
    const start = await head();
    const holder = await db.connect();
    await holder.query('BEGIN; SELECT sequence FROM revocation_feed FOR UPDATE');
    try {
      const subjects = Array.from({ length: 120 }, (_, n) => `waiting-${n}`);
      const signOuts = Promise.all(subjects.map((jti) => signOut(jti, user.id, null)));
      signOuts.catch(() => undefined);
      const others = Array.from({ length: 30 }, () => caller.rpc.call(users.get, { userId: user.id }, { principal }));
      expect((await Promise.all(others)).every(({ id }) => id === user.id)).toBe(true);
      await signOuts;
      expect((await since(start)).revocations).toEqual([]);
      const claims = { ...SessionClaimsSchema.parse(createDecoder()(token)), jti: 'waiting-7' };
      await expect(caller.rpc.call(sessions.resolve, { claims }, { principal: gateway })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    } finally {
      await holder.query('COMMIT');
      holder.release();
    }
    const { revocations } = await since(start);
    expect(revocations.map(({ sequence }) => sequence)).toEqual(revocations.map((_, n) => start + 1 + n));
    expect(revocations).toHaveLength(120);
    const { rows } = await db.query<{ transactions: number }>(
      'SELECT count(DISTINCT xmin::text)::int AS transactions FROM revocations WHERE user_id = $1',
      [user.id],
    );
    expect(rows[0]?.transactions).toBeLessThanOrEqual(replicas.length * 2);
  });

  it('tells that a session has ended once it has its number, although the connection breaks in between', async () => {
    const start = await head();
    const holder = await db.connect();
    await holder.query('BEGIN; SELECT sequence FROM revocation_feed FOR UPDATE');
    const signedOut = signOut('between', randomUUID(), null);
    const waiting = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM revocation_feed FOR UPDATE%'`;
    try {
      // The sign-out has committed: its number waits for the lock.
      await waitFor(async () => ((await db.query(waiting)).rowCount ?? 0) > 0);
    } finally {
      await holder.query('COMMIT');
      holder.release();
    }
    await signedOut;
    const { rows } = await db.query<{ sequence: number }>('SELECT sequence::float8 FROM revocation_feed');
    expect(rows[0]?.sequence).toBe(start + 1);
  });

  it('numbers, at the next read, the revocations of a replica that died', async () => {
    const start = await head();
    await db.query(
      `INSERT INTO unnumbered_revocations (kind, subject, user_id, not_before) VALUES ('session', 'orphan', $1, 0)`,
      [randomUUID()],
    );
    expect(await since(start)).toMatchObject({ cursor: start + 1, revocations: [{ subject: 'orphan' }] });
  });

  it('comes in pages of 1,000', async () => {
    const start = await head();
    await db.query(
      `WITH feed AS (UPDATE revocation_feed SET sequence = sequence + 1500 RETURNING sequence)
       INSERT INTO revocations (sequence, kind, subject, user_id, not_before, expires_at)
       SELECT $1::bigint + n, 'session', 'bulk-' || n, gen_random_uuid(), 0, now() + interval '1 hour' FROM feed, generate_series(1, 1500) n`,
      [start],
    );
    const first = await since(start);
    expect([first.revocations.length, first.cursor]).toEqual([1000, start + 1000]);
    const second = await since(first.cursor);
    expect([second.revocations.length, second.cursor]).toEqual([500, start + 1500]);
    expect(await since(second.cursor)).toEqual({ cursor: start + 1500, revocations: [] });
  });

  it('deletes expired revocations, and reads from the start for a cursor from the future', async () => {
    const userId = randomUUID();
    const before = await head();
    await signOut('expired', userId, Math.floor(Date.now() / 1000) - 1);
    await signOut('for-ever', userId, null);
    const page = await since(before);
    expect(page.cursor).toBe(before + 2);
    expect(page.revocations.map(({ subject }) => subject)).toEqual(['for-ever']);
    expect((await since(page.cursor + 1_000_000)).revocations.length).toBeGreaterThan(0);
  });

  it('ends one token on sign-out and all of a user on a change of role, each announced once it has committed', async () => {
    const heard: number[] = [];
    await caller.notices.subscribe(TOKENS_REVOKED, ({ sequence }) => heard.push(sequence));
    const email = 'ends@example.com';
    await caller.rpc.call(users.add, { name: 'Ends', email, password, role: 'user' }, { principal: admin });
    const signIn = () => caller.rpc.call(sessions.signIn, { email, password, address }, { principal: ANONYMOUS });
    const resolve = (session: IssuedSession) =>
      caller.rpc.call(sessions.resolve, { claims: claimsOf(session) }, { principal: ANONYMOUS });
    const [one, two] = [await signIn(), await signIn()];
    const { user } = one;

    const start = await head();
    for (const _ of [1, 2]) await signOut(claimsOf(one).jti, user.id, one.expiresAt, 'sign-out');
    await expect(resolve(one)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await resolve(two)).toMatchObject({ id: user.id });
    expect(await head()).toBe(start + 1);
    await waitFor(() => heard.includes(start + 1));

    await caller.rpc.call(users.update, { userId: user.id, role: 'pending' }, { principal: admin });
    await expect(resolve(two)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const [, revocation] = (await since(start)).revocations;
    expect(revocation).toMatchObject({ kind: 'user', subject: user.id, userId: user.id, sequence: start + 2 });
    expect(revocation?.notBefore).toBeGreaterThan(claimsOf(two).iat * 1000);
    const three = await signIn();
    expect(claimsOf(three).iat * 1000).toBeGreaterThanOrEqual(revocation?.notBefore ?? Infinity);
    expect(await resolve(three)).toMatchObject({ role: 'pending' });
  });

  it('ends an idle session, and no other of the account', async () => {
    const email = 'idle@example.com';
    const used = await signUp(email);
    const idle = await caller.rpc.call(sessions.signIn, { email, password, address }, { principal: ANONYMOUS });
    const old = await caller.rpc.call(sessions.signIn, { email, password, address }, { principal: ANONYMOUS });
    const resolve = (session: IssuedSession) =>
      caller.rpc.call(sessions.resolve, { claims: claimsOf(session) }, { principal: gateway });
    for (const session of [used, idle]) expect(await resolve(session)).toMatchObject({ email });
    await db.query(`UPDATE session_activity SET seen_at = now() - interval '15 days' WHERE session_id = ANY($1)`, [
      [claimsOf(idle).jti],
    ]);
    const start = await head();
    for (const _ of [1, 2]) await expect(resolve(idle)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await since(start)).revocations).toMatchObject([{ kind: 'session', subject: claimsOf(idle).jti }]);
    expect(await resolve(used)).toMatchObject({ email });
    // A session from before activity was recorded: the account's own activity counts.
    expect(await resolve({ ...old, token: backdated(old.token, 20) })).toMatchObject({ email });
    await db.query(`DELETE FROM session_activity WHERE user_id = $1`, [used.user.id]);
    await db.query(`UPDATE users SET last_active_at = now() - interval '15 days' WHERE id = $1`, [used.user.id]);
    await expect(resolve({ ...old, token: backdated(old.token, 20) })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('keeps nothing for ever about tokens that never expire', async () => {
    const prefix = freshPrefix('unexpiring');
    const replica = await startReplica(service, {
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      SECRET_KEY: 'the secret of this test',
      JWT_EXPIRES_IN: '-1',
    });
    const there = await startCaller(redisUrl(), prefix);
    const email = 'unexpiring@example.com';
    const { user } = await signUp(email);
    const signIn = () => there.rpc.call(sessions.signIn, { email, password, address }, { principal: ANONYMOUS });
    const resolve = (claims: SessionClaims) => there.rpc.call(sessions.resolve, { claims }, { principal: gateway });
    const daysLeft = async (table: string, id: string) =>
      (
        await db.query<{ days: number }>(
          `SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM ${table} WHERE $1 IN (${table === 'revocations' ? 'subject' : 'session_id'})`,
          [id],
        )
      ).rows.map(({ days }) => days);
    try {
      const [used, idle, out] = [claimsOf(await signIn()), claimsOf(await signIn()), claimsOf(await signIn())];
      for (const claims of [used, idle, out]) expect(await resolve(claims)).toMatchObject({ email });
      expect(await daysLeft('session_activity', used.jti)).toEqual([14]);
      const principal = { kind: 'user', userId: user.id, role: 'user', sessionId: out.jti } as const;
      await there.rpc.call(sessions.signOut, { jti: out.jti, userId: user.id, expiresAt: null }, { principal });
      expect(await daysLeft('revocations', out.jti)).toEqual([15]);
      // Of a version that wrote no end.
      await db.query(
        `UPDATE session_activity SET expires_at = NULL, seen_at = now() - interval '15 days' WHERE session_id = $1`,
        [idle.jti],
      );
      await db.query(`UPDATE revocations SET expires_at = NULL WHERE subject = $1`, [out.jti]);
      await replica.app.get(SessionsService).prune();
      expect(await daysLeft('session_activity', idle.jti)).toEqual([]);
      expect(await daysLeft('revocations', out.jti)).toEqual([15]);
      // What is deleted does not come back to life by other sessions of the account.
      const longAgo = { ...idle, iat: idle.iat - 15 * 86_400 };
      await expect(resolve(longAgo)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(await resolve(used)).toMatchObject({ email });
    } finally {
      await there.stop();
      await replica.stop();
    }
  });

  it('is for services only, and a user can only end their own sessions', async () => {
    for (const principal of [ANONYMOUS, admin]) {
      await expect(caller.rpc.call(revocations.since, { cursor: 0 }, { principal })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
    }
    const request = { jti: 'x', userId: randomUUID(), expiresAt: null };
    await expect(caller.rpc.call(sessions.signOut, request, { principal: admin })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    await expect(caller.rpc.call(sessions.signOut, request, { principal: ANONYMOUS })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});
