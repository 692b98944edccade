import type { KeptLetter } from '@perennial/transport';
import type { AddCommands } from '../command';
import { callEnv, environment } from '../environment';
import type { Result } from '../output';
import { withRedis } from '../redis';

/** Records that came over Redis and could not be read. At most 1,000 are kept. */
export const deadLetters: AddCommands = (program, add) =>
  program.command('deadletter', 'Records of Redis that could not be read', (argv) => {
    add(argv, {
      name: 'list',
      describe: 'Show them, the newest first: when, from where, why, and how they began',
      options: (options) => options.option('limit', { type: 'number', default: 20 }),
      run: ({ limit }) =>
        withRedis(environment(callEnv), async ({ deadLetters: letters }) => shown(await letters.list(limit))),
    });
    add(argv, {
      name: 'clear',
      describe: 'Forget them',
      options: (options) => options,
      run: () =>
        withRedis(environment(callEnv), async ({ deadLetters: letters }) => {
          await letters.clear();
          return { data: { cleared: true }, lines: ['All dead letters are forgotten.'] };
        }),
    });
    return argv.demandCommand(1, 'Name a command of deadletter.');
  });

function shown(letters: readonly KeptLetter[]): Result {
  const data = letters.map(({ at, ...letter }) => ({ at: new Date(at).toISOString(), ...letter }));
  const lines = data.map(({ at, source, reason, content }) => `${at}  ${source}  ${reason}\n    ${content}`);
  return { data, lines: lines.length > 0 ? lines : ['There are no dead letters.'] };
}
