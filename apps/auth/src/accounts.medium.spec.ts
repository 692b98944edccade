import { hash } from '@node-rs/argon2';
import { type IssuedSession, picturePath, sessions, users } from '@perennial/contracts-auth';
import { ANONYMOUS, type Call, type Principal, type Role } from '@perennial/contracts-kernel';
import type { Caller, Replica } from '@perennial/testing-service';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { address, claimsOf, installation, password, principalFrom } from '../test/installation';

const named = (calls: readonly (readonly [Call, unknown])[]) =>
  calls.map(([call, request]) => [call.pattern, call, request] as const);

describe('accounts, with sign-up open', () => {
  let caller: Caller;
  let replicas: Replica[];
  let db: Pool;
  let admin: IssuedSession;
  let asAdmin: Principal;
  let number = 0;

  beforeAll(async () => {
    const made = await installation({ ENABLE_SIGNUP: 'true' });
    ({ caller, replicas } = made);
    db = new Pool({ connectionString: made.databaseUrl, max: 1 });
    admin = await signUp('admin@example.com');
    asAdmin = principalFrom(admin);
  });
  afterAll(async () => {
    await caller?.stop();
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
    await db?.end();
  });

  function signUp(email: string, key?: string): Promise<IssuedSession> {
    return caller.rpc.call(
      users.signUp,
      { name: 'Ada', email, password, address, local: true },
      { principal: ANONYMOUS, key },
    );
  }
  function signIn(email: string, secret = password): Promise<IssuedSession> {
    return caller.rpc.call(sessions.signIn, { email, password: secret, address }, { principal: ANONYMOUS });
  }
  async function someone(role: Role = 'user'): Promise<IssuedSession> {
    number += 1;
    const email = `someone${number}@example.com`;
    await caller.rpc.call(users.add, { name: `Someone ${number}`, email, password, role }, { principal: asAdmin });
    return signIn(email);
  }
  const resolve = ({ token }: IssuedSession) =>
    caller.rpc.call(sessions.resolve, { claims: claimsOf(token) }, { principal: { kind: 'service', name: 'gateway' } });

  it('makes the first account the admin and the next ones pending', async () => {
    expect(admin.user).toMatchObject({ role: 'admin', email: 'admin@example.com', profile_image_url: '/user.png' });
    expect((await signUp('second@example.com')).user.role).toBe('pending');
    expect(await caller.rpc.call(users.status, {}, { principal: ANONYMOUS })).toEqual({
      onboarding: false,
      signUpEnabled: true,
    });
  });

  it('signs in regardless of the address’s letter case, and answers a wrong password like an unknown account', async () => {
    const session = await signIn('Admin@Example.COM');
    expect(session.user.id).toBe(admin.user.id);
    expect(claimsOf(session.token)).toMatchObject({ id: admin.user.id, exp: session.expiresAt });
    const refusal = { code: 'INVALID_ARGUMENT', message: 'The email or password provided is incorrect' };
    await expect(signIn('admin@example.com', 'wrong')).rejects.toMatchObject(refusal);
    await expect(signIn('nobody@example.com')).rejects.toMatchObject(refusal);
  });

  it('answers a second delivery of a sign-up with the same session, and refuses the address under another key', async () => {
    const first = await signUp('twice@example.com', 'key-1');
    expect(await signUp('twice@example.com', 'key-1')).toEqual(first);
    await expect(signUp('twice@example.com', 'key-2')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(signUp('thrice@example.com', 'key-1')).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  });

  it('keeps neither passwords nor tokens with the results of calls', async () => {
    const session = await signUp('stored@example.com', 'key-3');
    const { rows } = await db.query<{ text: string }>('SELECT to_jsonb(r)::text AS text FROM auth.call_results r');
    expect(rows.length).toBeGreaterThan(0);
    for (const { text } of rows) {
      expect(text).not.toContain(password);
      expect(text).not.toContain(session.token);
    }
  });

  it('resolves a session until the account is deleted', async () => {
    const session = await someone();
    expect(await resolve(session)).toMatchObject({ id: session.user.id, role: 'user' });
    const remove = () => caller.rpc.call(users.remove, { userId: session.user.id }, { principal: asAdmin });
    expect(await remove()).toEqual({ deleted: true });
    expect(await remove()).toEqual({ deleted: false });
    await expect(resolve(session)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(signIn(session.user.email)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('adds an account without a session', async () => {
    const request = { name: 'Added', email: 'added@localhost', password, role: 'user' as const };
    const added = await caller.rpc.call(users.add, request, { principal: asAdmin });
    expect(added).toMatchObject({ token: '', expiresAt: null, user: { email: 'added@localhost', role: 'user' } });
    expect((await signIn('added@localhost')).user.id).toBe(added.user.id);
  });

  it('refuses new weak passwords, and accepts old ones at sign-in', async () => {
    const session = await someone();
    const principal = principalFrom(session);
    const weak = { code: 'INVALID_ARGUMENT' };
    const ownPassword = password;
    for (const password of ['short', 'password1', 'Qwertyuiop']) {
      const account = { name: 'Weak', email: 'weak@example.com', password };
      await expect(caller.rpc.call(users.add, account, { principal: asAdmin })).rejects.toMatchObject(weak);
      await expect(
        caller.rpc.call(users.signUp, { ...account, address }, { principal: ANONYMOUS }),
      ).rejects.toMatchObject(weak);
      await expect(
        caller.rpc.call(users.update, { userId: session.user.id, password }, { principal: asAdmin }),
      ).rejects.toMatchObject(weak);
      const change = { password: ownPassword, newPassword: password, address };
      await expect(caller.rpc.call(users.updatePassword, change, { principal })).rejects.toMatchObject(weak);
    }
    await db.query('UPDATE auth.users SET password_hash = $2 WHERE id = $1', [session.user.id, await hash('1234')]);
    expect((await signIn(session.user.email, '1234')).user.id).toBe(session.user.id);
  });

  it('lets a known device in, even if others guess from its address', async () => {
    const { user, device } = await someone();
    const from = (secret: string, proof?: string) =>
      caller.rpc.call(
        sessions.signIn,
        { email: user.email, password: secret, address: '198.51.100.77', device: proof },
        { principal: ANONYMOUS },
      );
    await Promise.allSettled(Array.from({ length: 15 }, () => from('a guess')));
    await expect(from(password)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await expect(from(password, `${device}0`)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect((await from(password, device)).user.id).toBe(user.id);
  });

  it('ends all tokens when the password changes, once, and answers a second delivery like the first', async () => {
    const session = await someone();
    const principal = principalFrom(session);
    const change = () =>
      caller.rpc.call(
        users.updatePassword,
        { password, newPassword: 'another one', address },
        { principal, key: 'change' },
      );
    await expect(
      caller.rpc.call(users.updatePassword, { password: 'wrong', newPassword: 'another one', address }, { principal }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await resolve(session)).toBeTruthy();
    expect(await change()).toEqual({});
    expect(await change()).toEqual({});
    await expect(resolve(session)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(signIn(session.user.email)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await resolve(await signIn(session.user.email, 'another one'))).toBeTruthy();
  });

  it('never lets a token of the old password outlive the change, in any interleaving', async () => {
    const session = await someone();
    const principal = principalFrom(session);
    const signIns = Array.from({ length: 6 }, () => signIn(session.user.email).catch(() => undefined));
    await caller.rpc.call(users.updatePassword, { password, newPassword: 'changed it', address }, { principal });
    const tokens = (await Promise.all(signIns)).filter((made) => made !== undefined);
    for (const made of tokens) await expect(resolve(made)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const fresh = await signIn(session.user.email, 'changed it');
    expect(await resolve(fresh)).toMatchObject({ id: session.user.id });
  });

  it('ends tokens with a change of role or password by an admin, not with a change of name', async () => {
    const session = await someone();
    const update = (change: object) =>
      caller.rpc.call(users.update, { userId: session.user.id, ...change }, { principal: asAdmin });
    expect(await update({ name: 'Renamed', role: 'user' })).toMatchObject({ name: 'Renamed' });
    expect(await resolve(session)).toMatchObject({ name: 'Renamed' });
    expect(await update({ role: 'pending' })).toMatchObject({ role: 'pending' });
    await expect(resolve(session)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const again = await signIn(session.user.email);
    await update({ password: 'set by the admin' });
    await expect(resolve(again)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(update({ email: 'admin@example.com' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('keeps at least one admin, also when two admins remove each other at once', async () => {
    const userId = admin.user.id;
    await expect(caller.rpc.call(users.update, { userId, role: 'user' }, { principal: asAdmin })).rejects.toMatchObject(
      {
        code: 'FAILED_PRECONDITION',
      },
    );
    await expect(caller.rpc.call(users.remove, { userId }, { principal: asAdmin })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    for (let round = 0; round < 3; round += 1) {
      const other = await someone('admin');
      const outcomes = await Promise.allSettled([
        caller.rpc.call(users.update, { userId, role: 'user' }, { principal: principalFrom(other) }),
        caller.rpc.call(users.update, { userId: other.user.id, role: 'user' }, { principal: asAdmin }),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      // Restores the first admin as the only one.
      const survivor = outcomes[0]?.status === 'fulfilled' ? principalFrom(other) : asAdmin;
      await caller.rpc.call(users.update, { userId, role: 'admin' }, { principal: survivor });
      await caller.rpc.call(users.update, { userId: other.user.id, role: 'user' }, { principal: asAdmin });
    }
  });

  it('lists and searches accounts, with wildcards as literals', async () => {
    const made = await caller.rpc.call(
      users.add,
      { name: '100% Zoë_x', email: 'percent@example.com', password },
      { principal: asAdmin },
    );
    const list = (query: string) => caller.rpc.call(users.list, { query }, { principal: asAdmin });
    expect((await list('100%')).users.map(({ id }) => id)).toEqual([made.user.id]);
    expect((await list('zoë_')).total).toBe(1);
    expect((await list('%')).total).toBe(1);
    const page = await caller.rpc.call(users.list, { orderBy: 'email', direction: 'desc' }, { principal: asAdmin });
    expect(page.total).toBeGreaterThan(5);
    expect([...page.users].sort((a, b) => (a.email < b.email ? 1 : -1))).toEqual(page.users);
  });

  it('lists the accounts of one role, also of those that match', async () => {
    const { user } = await caller.rpc.call(
      users.add,
      { name: 'Waits', email: 'waits@example.com', password, role: 'pending' },
      { principal: asAdmin },
    );
    const list = (query: object) => caller.rpc.call(users.list, query, { principal: asAdmin });
    const waiting = await list({ role: 'pending' });
    expect(waiting.users.map(({ id }) => id)).toContain(user.id);
    expect(waiting.users.every(({ role }) => role === 'pending')).toBe(true);
    expect(waiting.total).toBeLessThan((await list({})).total);
    expect(await list({ role: 'user', query: 'waits@' })).toEqual({ users: [], total: 0 });
    expect((await list({ role: 'pending', query: 'waits@' })).total).toBe(1);
  });

  it('keeps profile, time zone and settings', async () => {
    const session = await someone();
    const principal = principalFrom(session);
    const profile = { name: 'New name', profile_image_url: '/x.png', bio: 'Hello' };
    expect(await caller.rpc.call(users.updateProfile, profile, { principal })).toMatchObject({
      ...profile,
      gender: null,
    });
    await caller.rpc.call(users.updateTimezone, { timezone: 'Europe/Berlin' }, { principal });
    expect(await caller.rpc.call(users.get, { userId: session.user.id }, { principal })).toMatchObject({
      timezone: 'Europe/Berlin',
    });
    expect(await caller.rpc.call(users.getSettings, {}, { principal })).toEqual({ settings: null });
    const settings = { ui: { theme: 'dark', models: ['a'] } };
    expect(await caller.rpc.call(users.updateSettings, { settings }, { principal })).toEqual({ settings });
    expect(await caller.rpc.call(users.getSettings, {}, { principal })).toEqual({ settings });
    const large = { ui: { pictures: Array.from({ length: 11 }, () => 'x'.repeat(100_000)) } };
    await expect(caller.rpc.call(users.updateSettings, { settings: large }, { principal })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { used: JSON.stringify(large).length, limit: 1_000_000 },
    });
    // Settings that were saved before the limit existed stay readable.
    await db.query('UPDATE auth.user_settings SET settings = $2 WHERE user_id = $1', [
      session.user.id,
      JSON.stringify(large),
    ]);
    expect(await caller.rpc.call(users.getSettings, {}, { principal })).toEqual({ settings: large });
  });

  it('stores large pictures apart from the account, and keeps earlier ones readable', async () => {
    const session = await someone();
    const { id: userId } = session.user;
    const principal = principalFrom(session);
    const of = (kilobytes: number) => `data:image/png;base64,${'A'.repeat(kilobytes * 1_000)}`;
    const save = (url: string, name = 'Pictured') =>
      caller.rpc.call(users.updateProfile, { name, profile_image_url: url }, { principal });
    const saved = async (as = principal) =>
      (await caller.rpc.call(users.picture, { userId }, { principal: as })).url.length;
    await expect(save(of(100))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await save(of(90))).profile_image_url).toBe(picturePath(userId));
    expect(await saved()).toBe(of(90).length);

    await db.query('UPDATE auth.users SET profile_image_url = $2 WHERE id = $1', [userId, of(990)]);
    expect(JSON.stringify(await resolve(session)).length).toBeLessThan(1_000);
    expect(await saved()).toBe(of(990).length);
    // A client sends back the picture's address: the picture stays.
    expect(await save(picturePath(userId), 'Renamed')).toMatchObject({ name: 'Renamed' });
    expect(await saved(asAdmin)).toBe(of(990).length);
  });

  describe('access', () => {
    const someId = '00000000-0000-4000-8000-000000000000';
    const adminCalls = [
      [users.add, { name: 'x', email: 'x@example.com', password }],
      [users.list, {}],
      [users.update, { userId: someId, role: 'admin' }],
      [users.remove, { userId: someId }],
      [users.get, { userId: someId }],
      [users.picture, { userId: someId }],
    ] as const;
    const ownCalls = [
      [users.updateProfile, { name: 'x', profile_image_url: '' }],
      [users.getSettings, {}],
      [users.updateSettings, { settings: {} }],
    ] as const;
    const signedInCalls = [
      [users.updateTimezone, { timezone: 'UTC' }],
      [users.updatePassword, { password, newPassword: 'another one', address }],
    ] as const;

    it.each(named(adminCalls))('%s is for admins only', async (_pattern, call, request) => {
      const user = principalFrom(await someone());
      const pending = principalFrom(await someone('pending'));
      await expect(caller.rpc.call(call, request, { principal: user })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      await expect(caller.rpc.call(call, request, { principal: pending })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      await expect(caller.rpc.call(call, request, { principal: ANONYMOUS })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    });

    it.each(named(ownCalls))('%s is for active accounts', async (_pattern, call, request) => {
      const pending = principalFrom(await someone('pending'));
      await expect(caller.rpc.call(call, request, { principal: pending })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
      await expect(caller.rpc.call(call, request, { principal: ANONYMOUS })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    });

    it.each(named(signedInCalls))('%s is for those who signed in', async (_pattern, call, request) => {
      await expect(caller.rpc.call(call, request, { principal: ANONYMOUS })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    });

    it('a pending account may see itself', async () => {
      const pending = await someone('pending');
      const userId = pending.user.id;
      expect(await caller.rpc.call(users.get, { userId }, { principal: principalFrom(pending) })).toMatchObject({
        id: userId,
      });
    });
  });
});
