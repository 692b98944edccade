import { createFirstAdmin } from '@perennial/auth/operator';
import { users } from '@perennial/contracts-auth';
import { type Role, RoleSchema } from '@perennial/contracts-kernel';
import { databaseEnv, Runtime, variable } from '@perennial/runtime';
import { z } from 'zod';
import { withCalls } from '../calls';
import type { AddCommands } from '../command';
import { directEnvironment } from '../environment';
import { CommandError } from '../failure';
import { type Result, table } from '../output';
import { readPassword } from '../password';
import { findPerson } from '../people/find-person';

const ROLES = RoleSchema.options;
/** As `users.list` has them. */
const PAGE = 30;

const firstAdminEnv = z.object({
  DATABASE_URL: databaseEnv.DATABASE_URL,
  WEBUI_ADMIN_PASSWORD: variable(z.string().optional(), {
    description: 'Password of the first administrator; standard input when absent.',
    secret: true,
  }),
});

/** Accounts. */
export const user: AddCommands = (program, add) =>
  program.command('user', 'Accounts of people', (argv) => {
    add(argv, {
      name: 'create',
      describe: 'Create an account; the password is read from standard input',
      options: (options) =>
        options
          .option('email', { type: 'string', demandOption: true, requiresArg: true })
          .option('name', {
            type: 'string',
            requiresArg: true,
            describe: 'The part of the address before @ when absent',
          })
          .option('role', { choices: ROLES, default: 'user' as Role })
          .option('first-admin', {
            type: 'boolean',
            default: false,
            describe:
              'Write the first administrator into the database, with WEBUI_ADMIN_PASSWORD if that is set; no service has to run',
          }),
      run: (options) => (options['first-admin'] ? createFirst(options) : create(options)),
    });
    add(argv, {
      name: 'reset-password',
      describe: 'Set a new password, read from standard input, and end all sessions of the account',
      options: (options) => options.option('email', { type: 'string', demandOption: true, requiresArg: true }),
      run: ({ email }) => resetPassword(email),
    });
    add(argv, {
      name: 'list',
      describe: 'List accounts, the oldest first',
      options: (options) =>
        options
          .option('query', {
            type: 'string',
            requiresArg: true,
            describe: 'Only those whose name or address has this text',
          })
          .option('limit', { type: 'number', default: 1_000, describe: 'At most so many' }),
      run: (options) => list(options),
    });
    return argv.demandCommand(1, 'Name a command of user.');
  });

interface NewUser {
  email: string;
  name?: string;
  role: Role;
}

function accountFrom({ email, name, role }: NewUser, password: string) {
  const account = users.add.request.safeParse({ email, name: name ?? email.split('@')[0], role, password });
  if (!account.success) throw new CommandError(z.prettifyError(account.error));
  return account.data;
}

async function create(options: NewUser): Promise<Result> {
  const account = accountFrom(options, await readPassword());
  const { user: created } = await withCalls((call) => call(users.add, account));
  return { data: shown(created), lines: [`${created.email} has an account now, with the role ${created.role}.`] };
}

async function createFirst(options: NewUser): Promise<Result> {
  const { DATABASE_URL, WEBUI_ADMIN_PASSWORD } = directEnvironment(firstAdminEnv);
  const account = accountFrom({ ...options, role: 'admin' }, WEBUI_ADMIN_PASSWORD ?? (await readPassword()));
  const runtime = new Runtime({ name: 'auth', logStream: process.stderr });
  const id = await createFirstAdmin(DATABASE_URL, account, runtime);
  if (id === undefined)
    throw new CommandError(
      'This installation has an account already, and nothing was changed. Leave --first-admin out to add another one.',
    );
  return {
    data: { id, email: account.email, name: account.name, role: 'admin' },
    lines: [`${account.email} administers this installation now.`],
  };
}

async function resetPassword(email: string): Promise<Result> {
  const password = await readPassword();
  return withCalls(async (call) => {
    const account = await findPerson(call, email);
    await call(users.update, { userId: account.id, password });
    return { data: shown(account), lines: [`${account.email} has a new password, and is signed out everywhere.`] };
  });
}

async function list({ query, limit }: { query?: string; limit: number }): Promise<Result> {
  const { accounts, total } = await withCalls(async (call) => {
    const accounts: ReturnType<typeof shown>[] = [];
    for (let page = 1; ; page += 1) {
      const { users: found, total } = await call(users.list, { query, page });
      accounts.push(...found.slice(0, limit - accounts.length).map(shown));
      if (found.length < PAGE || accounts.length >= limit) return { accounts, total };
    }
  });
  const rows = accounts.map(({ email, role, name, id }) => [email, role, name, id]);
  const rest = total > accounts.length ? [`… and ${total - accounts.length} more; use --limit or --query.`] : [];
  return {
    data: { users: accounts, total },
    lines: total === 0 ? ['There are no accounts.'] : [...table(['ADDRESS', 'ROLE', 'NAME', 'ID'], rows), ...rest],
  };
}

function shown({ id, email, name, role }: { id: string; email: string; name: string; role: Role }) {
  return { id, email, name, role };
}
