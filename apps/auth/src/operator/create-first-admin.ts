import { Database, openDataSource, poolFrom, UnitOfWork } from '@perennial/persistence';
import type { Runtime } from '@perennial/runtime';
import { UsersRepository } from '../accounts/users.repository';
import { authMigrations } from '../migrations';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import { AccountCreator, type NewAccount } from '../registration/account-creator';

/**
 * Creates the first administrator of an installation that has no account yet, before the first start of the service or while it runs. It
 * applies the service's migrations.
 *
 * @returns its id; undefined when there is an account already, and nothing was changed
 * @throws CallError `INVALID_ARGUMENT` for a password that the policy refuses
 */
export async function createFirstAdmin(
  databaseUrl: string,
  account: NewAccount & { password: string },
  runtime: Runtime,
): Promise<string | undefined> {
  const dataSource = await openDataSource(
    { url: databaseUrl, schema: 'auth', migrations: authMigrations, poolSize: 1, applicationName: 'create-admin' },
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
    return await accounts.addFirstAdmin(account);
  } finally {
    await dataSource.destroy();
  }
}
