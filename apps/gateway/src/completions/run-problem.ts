import { HTTP_STATUS, type ErrorCode } from '@perennial/contracts-kernel';
import type { RunTerminal } from '@perennial/transport';
import { Problem } from '../edge/problem';

/** What a run that is not completed is answered with: the same status and error object with and without `stream`. */
export function problemOfRun({ state, error }: RunTerminal): Problem | undefined {
  if (state === 'completed') return undefined;
  if (state === 'cancelled') {
    return problemOfFailure({ code: 'CANCELLED', message: 'The answer was stopped before it was finished.' });
  }
  return problemOfFailure(error ?? { code: 'INTERNAL', message: 'The answer could not be finished. Try again.' });
}

/** The codes of calls have their status; any other is the provider's own. */
export function problemOfFailure({ code, message }: { code: string; message: string }): Problem {
  return new Problem(HTTP_STATUS[code as ErrorCode] ?? 502, message, {}, undefined, code);
}
