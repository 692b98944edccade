import yargs, { type Argv } from 'yargs';
import { version } from '../package.json';
import type { AddCommand, Common } from './command';
import { backup } from './commands/backup';
import { deadLetters } from './commands/dead-letters';
import { doctor } from './commands/doctor';
import { exportAll } from './commands/export';
import { fleet } from './commands/fleet';
import { importFrom } from './commands/import';
import { keys } from './commands/keys';
import { migrate } from './commands/migrate';
import { orphans } from './commands/orphans';
import { settings } from './commands/settings';
import { user } from './commands/user';
import { UsageError } from './failure';
import { printFailure, printResult, type Result } from './output';

/** The command ended well, and found nothing wrong. */
const EXIT_OK = 0;
/** It failed, or found something wrong. */
const EXIT_FAILED = 1;
/** It was called wrongly, and has done nothing. */
const EXIT_USAGE = 2;

const MAX_WIDTH = 110;

/**
 * Runs the command that the arguments name. Results go to standard output, everything else to standard error.
 *
 * @returns the exit code; it never rejects
 */
export async function run(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  let result: Result | undefined;
  const add: AddCommand = (program, { name, describe, options, run: work }) =>
    program.command({
      command: name,
      describe,
      builder: options,
      handler: async (given) => {
        if (given.variables !== undefined) loadVariables(given.variables);
        result = await work(given);
      },
    });
  const base: Argv<Common> = yargs([...args])
    .scriptName('perennial')
    .usage('$0 COMMAND\n\nOperates a Perennial installation. It reads the environment variables of the services.')
    .option('json', { type: 'boolean', default: false, describe: 'Print the result as JSON', global: true })
    .option('variables', {
      type: 'string',
      describe: 'Read variables from this file; the environment has precedence',
      global: true,
      requiresArg: true,
    });
  const program = [doctor, user, settings, fleet, migrate, backup, exportAll, importFrom, keys, deadLetters, orphans]
    .reduce((argv, addTo) => addTo(argv, add), base)
    .completion('completion', 'Print a completion script for bash or zsh')
    .demandCommand(1, 'Name a command.')
    .strict()
    .version(version)
    .help()
    .alias('help', 'h')
    .wrap(Math.min(MAX_WIDTH, process.stdout.columns ?? MAX_WIDTH))
    .detectLocale(false)
    .exitProcess(false)
    .fail((message: string, error: Error | undefined) => {
      throw error ?? new UsageError(withoutValues(message, args));
    });
  try {
    await program.parseAsync();
    if (result === undefined) return EXIT_OK;
    printResult(result, json);
    return result.failed === true ? EXIT_FAILED : EXIT_OK;
  } catch (error) {
    printFailure(error, json);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

function loadVariables(path: string): void {
  try {
    process.loadEnvFile(path);
  } catch (error) {
    throw new UsageError(`The file ${path} of --variables cannot be read: ${(error as Error).message}`);
  }
}

/** An argument that is not known may be a password in the wrong place, so only names of options are repeated. */
function withoutValues(message: string, args: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1];
  if (unknown === undefined) return message;
  const options = unknown
    .split(', ')
    .filter((name) => args.some((arg) => /^--[^=]/.test(arg) && arg.slice(2) === name));
  return options.length > 0 ? `There is no option --${options.join(', --')}.` : 'There is an argument too many.';
}
