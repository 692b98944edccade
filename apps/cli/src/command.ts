import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Result } from './output';

/** Options of every command. */
export interface Common {
  json: boolean;
  variables?: string;
}

/** What a command may have beside its name: options, and work whose result is printed. */
export interface Command<Options> {
  /** Its name, with its positional arguments as yargs has them. */
  name: string;
  describe: string;
  options: (argv: Argv<Common>) => Argv<Options & Common>;
  run: (options: ArgumentsCamelCase<Options & Common>) => Promise<Result>;
}

/** Adds commands to a program, or to a command that only groups others. */
export type AddCommands = (program: Argv<Common>, add: AddCommand) => Argv<Common>;
export type AddCommand = <Options>(program: Argv<Common>, command: Command<Options>) => Argv<Common>;
