import { accountLists, type IssuedSession, registration, sessions, users } from '@perennial/contracts-auth';
import { ANONYMOUS } from '@perennial/contracts-kernel';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  address,
  type Installation,
  installation,
  password,
  principalFrom,
  SECRET_KEY,
  startAuth,
} from '../../test/installation';
import { SetupSecret } from './setup-secret';

type Account = Partial<{ local: boolean; setupSecret: string }>;

describe('sign-up', () => {
  async function open(settings: Record<string, string> = {}): Promise<Installation> {
    const made = await installation(settings);
    onTestFinished(() => made.stop());
    return made;
  }
  const signUp = ({ caller }: Installation, name: string, owner: Account, key?: string): Promise<IssuedSession> =>
    caller.rpc.call(
      users.signUp,
      { name, email: `${name}@example.com`, password, address, ...owner },
      { principal: ANONYMOUS, key },
    );
  const status = ({ caller }: Installation) => caller.rpc.call(users.status, {}, { principal: ANONYMOUS });

  it('schedule 15: first sign-ups at two replicas at once make one admin', async () => {
    for (let round = 0; round < 3; round += 1) {
      const made = await open({ ENABLE_SIGNUP: 'true', DEFAULT_USER_ROLE: 'user' });
      const names = Array.from({ length: 6 }, (_, n) => `first${n}`);
      const sessions = await Promise.all(names.map((name) => signUp(made, name, { local: true })));
      expect(sessions.map(({ user }) => user.role).sort()).toEqual(['admin', 'user', 'user', 'user', 'user', 'user']);
    }
  });

  it('closes after the first account, and still answers its second delivery', async () => {
    const made = await open();
    expect(await status(made)).toEqual({ onboarding: true, signUpEnabled: true });
    const local = { local: true };
    const outcomes = await Promise.allSettled([signUp(made, 'a', local, 'key-a'), signUp(made, 'b', local, 'key-b')]);
    expect(outcomes.map(({ status: outcome }) => outcome).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await status(made)).toEqual({ onboarding: false, signUpEnabled: false });
    const won = outcomes[0]?.status === 'fulfilled' ? 'a' : 'b';
    expect((await signUp(made, won, local, `key-${won}`)).user).toMatchObject({ role: 'admin', name: won });
    await expect(signUp(made, 'c', local)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('from another machine needs the set-up secret for the first account only', async () => {
    const made = await open({ ENABLE_SIGNUP: 'true' });
    const { value: setupSecret } = new SetupSecret([SECRET_KEY]);
    const refused = { code: 'PERMISSION_DENIED', message: expect.stringContaining('set-up secret') as string };
    await expect(signUp(made, 'stranger', {})).rejects.toMatchObject(refused);
    await expect(signUp(made, 'stranger', { setupSecret: 'AAAA-BBBB' })).rejects.toMatchObject(refused);
    expect(await status(made)).toMatchObject({ onboarding: true });
    const owner = await signUp(made, 'owner', { setupSecret: ` ${setupSecret.toLowerCase().replaceAll('-', '')}` });
    expect(owner.user.role).toBe('admin');
    expect((await signUp(made, 'next', {})).user.role).toBe('pending');
  });

  it('is as an administrator has saved it, at the next sign-up at any replica, whatever the environment says', async () => {
    const made = await open({ ENABLE_SIGNUP: 'true' });
    const owner = principalFrom(await signUp(made, 'owner', { local: true }));
    const { rpc } = made.caller;
    const save = (change: object, key?: string) =>
      rpc.call(registration.updateSettings, change, { principal: owner, key });
    const shown = () => rpc.call(registration.settings, {}, { principal: owner });
    expect(await shown()).toEqual({ signUp: true, defaultRole: 'pending', sessionLifetime: '4w' });
    // Each of two administrators changes one field, at once: both are kept.
    await Promise.all([save({ signUp: false }, 'k1'), save({ defaultRole: 'user' }, 'k2')]);
    expect(await status(made)).toEqual({ onboarding: false, signUpEnabled: false });
    for (const name of ['a', 'b', 'c'])
      await expect(signUp(made, name, {})).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await save({ signUp: true })).toEqual({ signUp: true, defaultRole: 'user' });
    // A second delivery of an old change does not bring it back.
    await save({ signUp: false }, 'k1');
    expect((await signUp(made, 'd', {})).user.role).toBe('user');
    const later = await startAuth({ ...made.source, ENABLE_SIGNUP: 'false', DEFAULT_USER_ROLE: 'admin' });
    onTestFinished(() => later.stop());
    await Promise.all(made.replicas.map((replica) => replica.stop()));
    expect((await signUp(made, 'e', {})).user.role).toBe('user');
    const stranger = { ...owner, role: 'user' as const };
    for (const call of [registration.settings, registration.updateSettings])
      for (const principal of [ANONYMOUS, stranger])
        await expect(rpc.call(call, {}, { principal })).rejects.toMatchObject({
          code: principal === ANONYMOUS ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED',
        });
  });

  it('is not needed if the environment names the administrator: two replicas create one', async () => {
    const made = await open({ WEBUI_ADMIN_EMAIL: 'Root@Localhost', WEBUI_ADMIN_PASSWORD: 'of the environment' });
    expect(await status(made)).toEqual({ onboarding: false, signUpEnabled: false });
    const { user } = await made.caller.rpc.call(
      sessions.signIn,
      { email: 'root@localhost', password: 'of the environment', address },
      { principal: ANONYMOUS },
    );
    expect(user).toMatchObject({ role: 'admin', name: 'Admin' });
    await expect(signUp(made, 'late', { local: true })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('is not needed for the lines of a list: those that can be are added once, and all accounts are read in pages', async () => {
    const made = await open();
    const owner = principalFrom(await signUp(made, 'owner', { local: true }));
    const { rpc } = made.caller;
    const line = (email: string, more: object = {}) => ({ name: 'Ann', email, role: 'user', password, ...more });
    const lines = [
      line('ann@example.com'),
      line(' OWNER@example.com '),
      line('no address'),
      line('b@example.com', { name: ' ' }),
      line('c@example.com', { role: 'king' }),
      line('d@example.com', { password: 'password' }),
      line('Bea@Example.com', { role: 'Admin' }),
      line('bea@example.com'),
      line('e@example.com', { role: '', password: '' }),
    ];
    const faults = ['bad_email', 'no_name', 'bad_role', 'weak_password'];
    const checked = await rpc.call(accountLists.check, { accounts: lines }, { principal: owner });
    expect(checked.results.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      ...['new', 'existing', ...faults, 'new', 'new', 'new'],
    ]);
    const add = (key?: string) => rpc.call(accountLists.add, { accounts: lines }, { principal: owner, key });
    const first = await add('k');
    expect(first.results.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
      ...['added', 'existing', ...faults, 'added', 'existing', 'no_password'],
    ]);
    // The second delivery has the same reply; the same file once more finds what is there.
    expect(await add('k')).toEqual(first);
    expect((await add()).results.filter(({ outcome }) => outcome === 'added')).toEqual([]);
    const { user } = await rpc.call(
      sessions.signIn,
      { email: 'bea@example.com', password, address },
      { principal: ANONYMOUS },
    );
    expect(user).toMatchObject({ name: 'Ann', role: 'admin' });

    const all = (await rpc.call(accountLists.page, {}, { principal: owner })).accounts;
    expect(all.map(({ email }) => email).sort()).toEqual(['ann@example.com', 'bea@example.com', 'owner@example.com']);
    expect(Object.keys(all[0] ?? {}).sort()).toEqual(['createdAt', 'email', 'id', 'lastActiveAt', 'name', 'role']);
    const after = await rpc.call(accountLists.page, { after: all[1]?.id }, { principal: owner });
    expect(after.accounts).toEqual(all.slice(2));
    const stranger = { ...owner, role: 'user' as const };
    for (const call of [accountLists.page, accountLists.check, accountLists.add])
      await expect(rpc.call(call, { accounts: [] }, { principal: stranger })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
  });
});
