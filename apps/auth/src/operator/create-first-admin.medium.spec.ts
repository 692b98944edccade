import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sessions, users } from '@perennial/contracts-auth';
import { ANONYMOUS } from '@perennial/contracts-kernel';
import { buildService, freshDatabase, waitFor } from '@perennial/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { address, type Installation, installation, password } from '../../test/installation';

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Real: the built command line, beside two replicas of the service, on Postgres and Redis. */
describe('the first administrator from the command line', () => {
  let bundle: string;
  let made: Installation;
  beforeAll(async () => {
    [bundle, made] = await Promise.all([buildService('cli'), installation()]);
  }, 90_000);
  afterAll(() => made.stop());

  /** Standard input stays open after the line, like a terminal; without a line it ends. */
  async function createAdmin(args: string[], line?: string, settings: Record<string, string> = {}): Promise<Outcome> {
    const child = spawn(process.execPath, [join(bundle, 'main.js'), 'user', 'create', '--first-admin', ...args], {
      env: { DATABASE_URL: made.databaseUrl, ...settings, PATH: process.env['PATH'] },
    });
    if (line === undefined) child.stdin.end();
    else child.stdin.write(`${line}\n`);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
  }
  const onboarding = async (): Promise<boolean> =>
    (await made.caller.rpc.call(users.status, {}, { principal: ANONYMOUS })).onboarding;

  /** Holds the lock of the first account until both wait for it, so that both have seen that there is no account. */
  async function whenBothHaveSeenNoAccount<T>(start: () => Promise<T>): Promise<T> {
    const holder = new pg.Client({ connectionString: made.databaseUrl });
    await holder.connect();
    try {
      await holder.query('SELECT pg_advisory_lock(7301)');
      const both = start();
      const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7301 AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      const timeoutMs = 14_000;
      await waitFor(async () => (await holder.query(waiting)).rowCount === 2, { timeoutMs, what: 'both to wait' });
      await holder.query('SELECT pg_advisory_unlock(7301)');
      return await both;
    } finally {
      await holder.end();
    }
  }

  it.each([
    ['a short password', ['--email', 'root@example.com'], 'short', 1, 'Choose a password of at least 8 characters.'],
    ['no password', ['--email', 'root@example.com'], undefined, 1, 'Write it to standard input'],
    ['what is no address', ['--email', 'root'], password, 1, 'email'],
    ['a password as an option', ['--email', 'a@b.c', '--password', password], password, 2, 'no option --password'],
    ['a password as an argument', ['--email', 'a@b.c', password], password, 2, 'an argument too many'],
  ])('is not made with %s', async (_, args, line, code, reason) => {
    const refused = await createAdmin(args, line);
    expect(refused).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(reason) as string });
    expect(refused.stderr).not.toContain(password);
    expect(await onboarding()).toBe(true);
  });

  it('is created once by two processes, signs in, and is the only one', async () => {
    const outcomes = await whenBothHaveSeenNoAccount(() =>
      Promise.all(['a', 'b'].map((name) => createAdmin(['--email', `${name}@B.c`], password))),
    );
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 1]);
    const winner = outcomes[0]?.code === 0 ? 'a' : 'b';
    const loser = outcomes.find(({ code }) => code === 1);
    expect(loser).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('has an account already') as string,
    });
    expect(JSON.stringify(outcomes)).not.toContain(password);
    const signIn = (name: string) =>
      made.caller.rpc.call(sessions.signIn, { email: `${name}@b.c`, password, address }, { principal: ANONYMOUS });
    expect((await signIn(winner)).user).toMatchObject({ role: 'admin', name: winner, email: `${winner}@b.c` });
    await expect(signIn(winner === 'a' ? 'b' : 'a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await onboarding()).toBe(false);
    expect(await createAdmin(['--email', 'c@b.c'], password)).toEqual({ code: 1, stdout: '', stderr: loser?.stderr });
  });

  it('can be created before the first start of the service, with the password of the environment', async () => {
    const settings = { DATABASE_URL: await freshDatabase('auth'), WEBUI_ADMIN_PASSWORD: password };
    const args = ['--email', 'root@example.com', '--name', 'Root'];
    const outcome = await createAdmin(args, undefined, settings);
    expect(outcome).toMatchObject({ code: 0, stdout: 'root@example.com administers this installation now.\n' });
    expect(outcome.stderr).toContain('"event":"account_added"');
    expect(outcome.stderr).not.toContain(password);
  });
});
