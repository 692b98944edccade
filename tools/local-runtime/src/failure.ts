import { Unavailable } from './progress';
import { CommandError } from './run';

/** Says what could not be done, with what the program that failed had to say. */
export function unavailable(error: unknown, what: string): Unavailable {
  if (error instanceof Unavailable) return error;
  const detail =
    error instanceof CommandError && error.output ? `${error.message}\n${error.output}` : (error as Error).message;
  return new Unavailable(`${what}: ${detail}`, { cause: error });
}
