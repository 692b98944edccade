import { Unavailable } from './progress';
import { CommandError } from './run';

/** An error that says what failed, with the output of the failed program. */
export function unavailable(error: unknown, what: string): Unavailable {
  if (error instanceof Unavailable) return error;
  const detail =
    error instanceof CommandError && error.output ? `${error.message}\n${error.output}` : (error as Error).message;
  return new Unavailable(`${what}: ${detail}`, { cause: error });
}
