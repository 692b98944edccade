import { accessSync, constants } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { version } from '../package.json';
import type { AddCommand, AddCommands, Common } from './command';
import { UsageError } from './failure';
import { printFailure, printResult, type Result } from './output';

/** The command ended well, and found nothing wrong. */
const EXIT_OK = 0;
/** It failed, or found something wrong. */
const EXIT_FAILED = 1;
/** It was called wrongly, and has done nothing. */
const EXIT_USAGE = 2;

const MAX_WIDTH = 110;

/** Commands by their first word. Each is loaded when it is named: all together take most of a second. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommands>>> = {
  doctor: async () => (await import('./commands/doctor')).doctor,
  user: async () => (await import('./commands/user')).user,
  settings: async () => (await import('./commands/settings')).settings,
  fleet: async () => (await import('./commands/fleet')).fleet,
  migrate: async () => (await import('./commands/migrate')).migrate,
  backup: async () => (await import('./commands/backup')).backup,
  restore: async () => (await import('./commands/backup')).restore,
  export: async () => (await import('./commands/export')).exportAll,
  import: async () => (await import('./commands/import')).importFrom,
  keys: async () => (await import('./commands/keys')).keys,
  deadletter: async () => (await import('./commands/dead-letters')).deadLetters,
  blobs: async () => (await import('./commands/blobs')).blobs,
  vectors: async () => (await import('./commands/vectors')).vectors,
  orphans: async () => (await import('./commands/orphans')).orphans,
};

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
  const program = (await load(args))
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

/** The named command; all of them for help, completion and mistakes. */
function load(args: readonly string[]): Promise<AddCommands[]> {
  const named = COMMANDS[args.find((arg) => !arg.startsWith('-')) ?? ''];
  return Promise.all((named === undefined ? Object.values(COMMANDS) : [named]).map((one) => one()));
}

function loadVariables(path: string): void {
  try {
    // Without rights loadEnvFile says that there is no such file.
    accessSync(path, constants.R_OK);
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
