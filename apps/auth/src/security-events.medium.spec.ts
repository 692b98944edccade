import { type IssuedSession, sessions, users } from '@perennial/contracts-auth';
import { ANONYMOUS } from '@perennial/contracts-kernel';
import { expect, it, onTestFinished } from 'vitest';
import { address, claimsOf, installation, principalFrom, SECRET_KEY } from '../test/installation';
import { SetupSecret } from './registration/setup-secret';

/** Real: Postgres, Redis, the transport, two replicas; the test reads their log lines. */
it('changes of accounts log one line each, without e-mail addresses and secrets', async () => {
  const lines: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  const made = await installation({ SIGN_IN_ATTEMPTS_PER_ACCOUNT: '3' }, logStream);
  onTestFinished(() => made.stop());
  const { rpc } = made.caller;
  const { value: setupSecret } = new SetupSecret([SECRET_KEY]);
  expect(lines.filter(({ msg }) => String(msg).includes(setupSecret))).toHaveLength(2);
  lines.length = 0;

  const [email, password, next] = ['someone@example.com', 'correct horse battery', 'another horse battery'];
  const anonymous = { principal: ANONYMOUS };
  const owner = { name: 'Owner', email: 'owner@example.com', password, address };
  await rpc.call(users.signUp, owner, anonymous).catch(() => undefined);
  const admin = await rpc.call(users.signUp, { ...owner, setupSecret }, anonymous);
  const as = { principal: principalFrom(admin) };
  const { user } = await rpc.call(users.add, { name: 'Someone', email, password, role: 'user' }, as);
  const signIn = (secret: string): Promise<IssuedSession> =>
    rpc.call(sessions.signIn, { email, password: secret, address }, anonymous);
  const session = await signIn(password);
  await signIn('a guess').catch(() => undefined);
  const change = { password: 'a guess', newPassword: next, address };
  const own = { principal: principalFrom(session) };
  await rpc.call(users.updatePassword, change, own).catch(() => undefined);
  for (const _ of [1, 2]) await rpc.call(users.updatePassword, { ...change, password }, { ...own, key: 'once' });
  await signIn(next);
  for (const _ of [1, 2, 3, 4]) await signIn('a guess').catch(() => undefined);
  const update = { userId: user.id, role: 'admin' as const, email: 'renamed@example.com' };
  await rpc.call(users.update, update, as);
  await rpc.call(sessions.signOut, { jti: claimsOf(session.token).jti, userId: user.id, expiresAt: null }, own);
  await rpc.call(users.remove, { userId: user.id }, as);

  const events = lines.filter(({ context }) => context === 'security');
  const [user_id, actor_id] = [user.id, admin.user.id];
  const told = events.map(({ event, outcome, user_id, actor_id, reason, limit, from, to }) =>
    JSON.parse(JSON.stringify({ event, outcome, user_id, actor_id, reason, limit, from, to })),
  );
  const failed = { event: 'sign_in', outcome: 'failed', user_id };
  expect(told).toEqual([
    { event: 'sign_up', outcome: 'failed', reason: 'no_setup_secret' },
    { event: 'sign_up', outcome: 'ok', user_id: actor_id },
    { event: 'account_added', outcome: 'ok', user_id, actor_id },
    { event: 'sign_in', outcome: 'ok', user_id },
    failed,
    { event: 'password_changed', outcome: 'failed', user_id },
    { event: 'password_changed', outcome: 'ok', user_id },
    { event: 'sign_in', outcome: 'ok', user_id },
    failed,
    failed,
    { event: 'sign_in', outcome: 'limited', limit: 'sign-in-source' },
    { event: 'role_changed', outcome: 'ok', user_id, actor_id, from: 'user', to: 'admin' },
    { event: 'account_changed', outcome: 'ok', user_id, actor_id },
    { event: 'sign_out', outcome: 'ok', user_id },
    { event: 'account_deleted', outcome: 'ok', user_id, actor_id },
  ]);
  const text = JSON.stringify(lines);
  for (const secret of [password, next, 'a guess', '@example.com', session.token, setupSecret]) {
    expect(text).not.toContain(secret);
  }
});
