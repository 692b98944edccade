import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { parseArgs } from 'node:util';
import { users } from '@perennial/contracts-auth';
import { CallError } from '@perennial/contracts-kernel';
import { Database, openDataSource, poolFrom, UnitOfWork } from '@perennial/persistence';
import { commonEnv, databaseEnv, parseEnv, Runtime } from '@perennial/runtime';
import { z } from 'zod';
import { UsersRepository } from './accounts/users.repository';
import { firstAdminEnv } from './env';
import { authMigrations } from './migrations';
import { PasswordHasher } from './passwords/password-hasher';
import { PasswordPolicy } from './passwords/password-policy';
import { AccountCreator } from './registration/account-creator';

const HELP = `Usage: npm run auth:create-admin -- --email ADDRESS [--name NAME]

Creates the first administrator of an installation that has no account yet. The password is the first line of standard input,
or WEBUI_ADMIN_PASSWORD where that is set.`;

function refuse(reason: string, code = 1): never {
  console.error(reason);
  process.exit(code);
}

function options(): { email: string; name?: string } {
  try {
    const { email, name } = parseArgs({ options: { email: { type: 'string' }, name: { type: 'string' } } }).values;
    if (email !== undefined) return { email, name };
  } catch {
    // What was written there is not repeated: it may be a password.
  }
  return refuse(HELP, 64);
}

const { email, name } = options();
const env = parseEnv(z.object({ ...commonEnv, ...databaseEnv, ...firstAdminEnv }), process.env, {
  service: 'auth:create-admin',
});
const password = env.WEBUI_ADMIN_PASSWORD ?? (await readPassword(process.stdin, process.stderr));
if (password === undefined || password === '')
  refuse('There is no password. Write it to standard input, or set WEBUI_ADMIN_PASSWORD.');
const account = users.add.request.safeParse({ email, name: name ?? env.WEBUI_ADMIN_NAME, password });
if (!account.success) refuse(z.prettifyError(account.error));

const runtime = new Runtime({ name: 'auth', logLevel: env.LOG_LEVEL, logStream: process.stderr });
const dataSource = await openDataSource(
  {
    url: env.DATABASE_URL,
    schema: 'auth',
    migrations: authMigrations,
    migrate: env.MIGRATE_ON_START,
    poolSize: 1,
    applicationName: 'create-admin',
  },
  runtime.log,
);
try {
  const database = new Database(poolFrom(dataSource), runtime.metrics);
  const accounts = new AccountCreator(
    runtime,
    new UsersRepository(database),
    new PasswordHasher({ concurrency: 1, queue: 0 }),
    new PasswordPolicy(),
    new UnitOfWork(database, runtime.log),
  );
  const userId = await accounts.addFirstAdmin(account.data);
  if (userId === undefined)
    throw new CallError(
      'FAILED_PRECONDITION',
      'This installation has an administrator already, and nothing was changed. Ask them to add an account or to change its role.',
    );
  console.log(`${account.data.email} administers this installation now.`);
} catch (error) {
  if (!(error instanceof CallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await dataSource.destroy();
}

/** The first line of the input; undefined when it ends without one. At a terminal it prompts, and does not echo. */
async function readPassword(input: ReadStream, prompt: WriteStream): Promise<string | undefined> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: input.isTTY });
  if (input.isTTY) prompt.write('Password: ');
  const { value: line } = (await lines[Symbol.asyncIterator]().next()) as IteratorResult<string, undefined>;
  lines.close();
  if (input.isTTY) prompt.write('\n');
  return line;
}
