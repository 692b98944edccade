import { randomUUID } from 'node:crypto';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { sessions, users } from '@perennial/contracts-auth';
import { ANONYMOUS, type CallRequest, type Principal } from '@perennial/contracts-kernel';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { address, type Installation, installation, password } from '../../test/installation';

const admin: Principal = { kind: 'user', userId: randomUUID(), role: 'admin', sessionId: 'test' };
const ARGON2_OF_ANOTHER_COST =
  '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$Q3k3J1bTCDlEO5ZAnZRcEcMoiZSWcHAH9GzT/0eGzXQ';

/** Real: Postgres, Redis, the transport, two replicas of the module, bcrypt and Argon2. */
describe('an account of another product', () => {
  let made: Installation;
  let db: pg.Pool;
  beforeAll(async () => {
    made = await installation();
    db = new pg.Pool({ connectionString: made.databaseUrl, max: 1, options: '-c search_path=auth' });
  });
  afterAll(async () => {
    await db.end();
    await made.stop();
  });

  const account = async (email: string, changes: object = {}): Promise<CallRequest<typeof users.importAccount>> => ({
    userId: randomUUID(),
    name: 'Ann',
    email,
    role: 'user',
    passwordHash: await bcrypt(password, 4),
    createdAt: 1_700_000_000,
    lastActiveAt: 1_710_000_000,
    settings: { ui: { theme: 'dark' } },
    ...changes,
  });
  const importIt = (request: CallRequest<typeof users.importAccount>, principal: Principal = admin) =>
    made.caller.rpc.call(users.importAccount, request, { principal });
  const signIn = (email: string, given = password) =>
    made.caller.rpc.call(sessions.signIn, { email, password: given, address }, { principal: ANONYMOUS });
  const hashOf = async (email: string): Promise<string> =>
    (await db.query<{ hash: string }>('SELECT password_hash AS hash FROM users WHERE email = $1', [email])).rows[0]!
      .hash;

  it('keeps its id, times and settings, and signs in with its password, which is hashed again', async () => {
    const request = await account('ann@example.com');
    expect(await importIt(request)).toEqual({ userId: request.userId, created: true });
    await expect(signIn('ann@example.com', 'wrong password')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await hashOf('ann@example.com')).toBe(request.passwordHash);
    const { user } = await signIn('ann@example.com');
    expect(user).toMatchObject({ id: request.userId, role: 'user', created_at: 1_700_000_000 });
    const upgraded = await hashOf('ann@example.com');
    expect(upgraded).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await signIn('ann@example.com');
    expect(await hashOf('ann@example.com')).toBe(upgraded);
    const own: Principal = { kind: 'user', userId: request.userId, role: 'user', sessionId: 'test' };
    const { settings } = await made.caller.rpc.call(users.getSettings, {}, { principal: own });
    expect(settings).toEqual({ ui: { theme: 'dark' } });
  });

  it('signs in from several places at once, although the first replaces the hash', async () => {
    await importIt(await account('bob@example.com'));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => signIn('bob@example.com')));
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'fulfilled'));
  });

  it('is imported once, and never replaces an account that is here', async () => {
    const request = await account('eve@example.com');
    const both = await Promise.all([importIt(request), importIt(request)]);
    expect(both.map(({ created }) => created).sort()).toEqual([false, true]);
    const sameAddress = await account('EVE@example.com', { name: 'Someone else' });
    expect(await importIt(sameAddress)).toEqual({ userId: request.userId, created: false });
    expect(await importIt({ ...(await account('other@example.com')), userId: request.userId })).toEqual({
      userId: request.userId,
      created: false,
    });
    expect((await signIn('eve@example.com')).user.name).toBe('Ann');
  });

  it.each([
    ['an unknown format', 'plain text'],
    ['a cost that would keep a thread for hours', `$2b$31$${'a'.repeat(53)}`],
    ['memory beyond reason', ARGON2_OF_ANOTHER_COST.replace('m=65536', 'm=4194304')],
  ])('is refused with a password of %s', async (_, passwordHash) => {
    await expect(importIt(await account('bad@example.com', { passwordHash }))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('may have a password in Argon2 of another cost', async () => {
    const request = await account('argon@example.com', { passwordHash: ARGON2_OF_ANOTHER_COST });
    expect(await importIt(request)).toMatchObject({ created: true });
    await expect(signIn('argon@example.com')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([
    ['a user', { ...admin, role: 'user' }, 'PERMISSION_DENIED'],
    ['nobody', ANONYMOUS, 'UNAUTHENTICATED'],
    ['a service', { kind: 'service', name: 'gateway' }, 'UNAUTHENTICATED'],
  ] as [string, Principal, string][])('is not imported by %s', async (_, principal, code) => {
    await expect(importIt(await account('no@example.com'), principal)).rejects.toMatchObject({ code });
  });
});
