import { type ErrorCode, HTTP_STATUS } from '@perennial/contracts-kernel';
import type { RunFailure, RunTerminal } from '@perennial/transport';
import { Problem } from '../../problem';

/** The problem of a run that is not completed: the same status and error object with and without `stream`. */
export function problemOfRun({ state, error }: RunTerminal): Problem | undefined {
  if (state === 'completed') return undefined;
  if (state === 'cancelled') {
    return problemOfFailure({ code: 'CANCELLED', message: 'The answer was stopped before it was finished.' });
  }
  return problemOfFailure(error ?? { code: 'INTERNAL', message: 'The answer could not be finished. Try again.' });
}

/** The provider's own code for a limit. */
const PROVIDER_STATUS: Readonly<Record<string, number>> = { RATE_LIMITED: 429 };

/** Codes of calls have their status; any other is the provider's own. OpenAI's SDKs obey `x-should-retry`. */
export function problemOfFailure({ code, message, retryable, retryAfter }: RunFailure): Problem {
  const status = HTTP_STATUS[code as ErrorCode] ?? PROVIDER_STATUS[code] ?? 502;
  const seconds = retryAfter ?? (status === 429 || status === 503 ? 1 : undefined);
  const headers = {
    ...(seconds === undefined ? {} : { 'retry-after': String(Math.ceil(seconds)) }),
    ...(retryable === false ? { 'x-should-retry': 'false' } : {}),
  };
  return new Problem(status, message, headers, undefined, code);
}
