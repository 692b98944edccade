import { revocations, sessions, users } from '@perennial/contracts-auth';
import { ANONYMOUS } from '@perennial/contracts-kernel';
import { waitFor } from '@perennial/testing';
import { expect, it, onTestFinished } from 'vitest';
import {
  address,
  claimsOf,
  installation,
  password,
  principalFrom,
  SECRET_KEY,
  startAuth,
} from '../../test/installation';
import { SetupSecret } from '../registration/setup-secret';

const declared = (connections: string[]) =>
  JSON.stringify({ eu: { blobs: 'default', vectors: 'default', connections } });
const PLACEMENTS = declared([]);

/** Real: Postgres, Redis, the transport, two replicas; the test reads their log lines. */
it('an administrator places a person: its sessions end, and the next ones carry the placement', async () => {
  const lines: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  const made = await installation({ PLACEMENTS }, logStream);
  onTestFinished(() => made.stop());
  const { rpc } = made.caller;
  const anonymous = { principal: ANONYMOUS };
  const asGateway = { principal: { kind: 'service' as const, name: 'gateway' } };
  const { value: setupSecret } = new SetupSecret([SECRET_KEY]);
  const owner = { name: 'Owner', email: 'owner@example.com', password, address, setupSecret };
  const admin = await rpc.call(users.signUp, owner, anonymous);
  const asAdmin = { principal: principalFrom(admin) };
  const email = 'someone@example.com';
  const { user } = await rpc.call(users.add, { name: 'Someone', email, password, role: 'user' }, asAdmin);
  const signIn = () => rpc.call(sessions.signIn, { email, password, address }, anonymous);
  const session = await signIn();
  const { id: userId } = user;
  const place = (placement: string | null, as = asAdmin) => rpc.call(users.update, { userId, placement }, as);

  await expect(place('eu', { principal: principalFrom(session) })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  await expect(place('mars')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  // Nobody gets a placement that one process lacks, or has with another definition: it is named.
  for (const [other, fault] of [
    ['{}', 'do not know it'],
    [declared(['eu']), 'have another definition of it'],
  ] as const) {
    const stranger = await startAuth({ ...made.source, PLACEMENTS: other });
    await waitFor(
      async () => {
        const { code, message } = await place('eu').then(
          () => Promise.reject(new Error('it was given')),
          (error: { code: string; message: string }) => error,
        );
        return code === 'FAILED_PRECONDITION' && message.includes(`: ${stranger.runtime.instance} ${fault}.`);
      },
      { what: `the refusal because some ${fault}` },
    );
    await stranger.stop();
  }
  const { cursor } = await rpc.call(revocations.since, { cursor: 0 }, asGateway);
  const given = await waitFor(() => place('eu').catch(() => undefined), { what: 'the others to be gone' });
  expect(given).toMatchObject({ placement: 'eu' });
  const after = await rpc.call(revocations.since, { cursor }, asGateway);
  expect(after.revocations).toMatchObject([{ kind: 'user', subject: userId }]);
  const resolve = (token: string) => rpc.call(sessions.resolve, { claims: claimsOf(token) }, asGateway);
  await expect(resolve(session.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const next = await signIn();
  expect(await resolve(next.token)).toMatchObject({ placement: 'eu' });
  // The same placement again, and another change, end no session.
  await place('eu');
  await rpc.call(users.update, { userId, name: 'Somebody' }, asAdmin);
  expect(await resolve(next.token)).toMatchObject({ placement: 'eu', name: 'Somebody' });
  expect(await place(null)).toMatchObject({ placement: null });
  await expect(resolve(next.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const told = lines.filter(({ event }) => event === 'placement_changed');
  expect(told.map(({ user_id, actor_id, from, to }) => ({ user_id, actor_id, from, to }))).toEqual([
    { user_id: userId, actor_id: admin.user.id, from: '', to: 'eu' },
    { user_id: userId, actor_id: admin.user.id, from: 'eu', to: '' },
  ]);
});
