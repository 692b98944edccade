import { databaseEnv, redisEnv, secretEnv, secretKeys } from '@perennial/runtime';
import { readFleet } from '@perennial/transport';
import { z } from 'zod';
import { withCalls } from '../calls';
import type { AddCommands } from '../command';
import { silentServices } from '../doctor/services';
import { callEnv, directEnvironment, environment } from '../environment';
import { CommandError } from '../failure';
import { countSecrets, rotateSecrets } from '../keys/stored-secrets';
import type { Result } from '../output';
import { withPostgres } from '../postgres';
import { withRedis } from '../redis';
import { assertMigrated } from '../services';

const keysEnv = z.object({
  DATABASE_URL: databaseEnv.DATABASE_URL,
  REDIS_URL: redisEnv.REDIS_URL.optional(),
  ...secretEnv,
});

/** What SECRET_KEY encrypts. */
export const keys: AddCommands = (program, add) =>
  program.command('keys', 'Change SECRET_KEY', (argv) => {
    add(argv, {
      name: 'rotate',
      describe: 'Encrypt stored secrets that are under SECRET_KEY_SECOND again, under SECRET_KEY; may be repeated',
      options: (options) =>
        options.option('check', {
          type: 'boolean',
          default: false,
          describe: 'Change nothing; exit with 1 if a stored secret is not under SECRET_KEY',
        }),
      run: ({ check }) => rotate(check),
    });
    return argv.demandCommand(1, 'Name a command: rotate.');
  });

async function rotate(check: boolean): Promise<Result> {
  const env = directEnvironment(keysEnv);
  const inForce = secretKeys(env);
  await assertMigrated(env.DATABASE_URL, ['config', 'retrieval']);
  if (!check && env.REDIS_URL !== undefined) await assertAccepted();
  return withPostgres(env.DATABASE_URL, async (client) => {
    const rotated = check ? 0 : await rotateSecrets(client, inForce);
    const { current, second, unreadable } = await countSecrets(client, inForce);
    const lines = [
      ...(check ? [] : [`${rotated} stored secrets were encrypted again.`]),
      `${current} of ${current + second + unreadable} stored secrets are under SECRET_KEY.`,
    ];
    if (second > 0) lines.push(`${second} are under SECRET_KEY_SECOND: run \`perennial keys rotate\`.`);
    if (unreadable > 0) lines.push(`${unreadable} are under neither key in force. ${UNREADABLE}`);
    return { data: { rotated, current, second, unreadable }, lines, failed: second + unreadable > 0 };
  });
}

const UNREADABLE =
  'Give the key under which they were stored as SECRET_KEY_SECOND, or enter these keys of providers again on the page of the administrator.';

/** A service that does not accept SECRET_KEY could not read what is encrypted under it. */
async function assertAccepted(): Promise<void> {
  const env = environment(callEnv);
  const fleet = await withRedis(env, readFleet);
  const running = new Map<string, number>();
  for (const { service, state } of fleet) if (state !== 'gone') running.set(service, (running.get(service) ?? 0) + 1);
  const silent = await withCalls((call) => silentServices(call, running));
  if (silent.length > 0)
    throw new CommandError(
      `These services run and do not accept SECRET_KEY: ${silent.join(', ')}. Give it to all processes first, as SECRET_KEY or SECRET_KEY_SECOND. Nothing was changed.`,
    );
}
