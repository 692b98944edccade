import { type AnswerCode, CallError, type Principal } from '@perennial/contracts-kernel';
import { ProviderError } from '@perennial/model-provider';
import { type Logger, SecretCipherError, unexpected } from '@perennial/runtime';
import type { RunIdentity, RunTerminal } from '@perennial/transport';
import type { ClaimedRun, Outcome } from '../types/run';

/** Why an attempt stops before the provider's end. */
export type StopReason =
  /** The user stopped it or deleted its chat, or it has no reader any more. */
  | 'cancelled'
  /** It took longer than it may. */
  | 'late'
  /** Another process owns the run. */
  | 'lost'
  /** This process ends; another one continues. */
  | 'handover';

/** The outcome of a stopped attempt; undefined if another owner continues, or there was none. */
export function outcomeOfStop(reason: StopReason | undefined, maxRunSeconds: number): Outcome | undefined {
  if (reason === 'cancelled') return { state: 'cancelled' };
  if (reason !== 'late') return undefined;
  const limit = maxRunSeconds < 120 ? `${maxRunSeconds} seconds` : `${Math.round(maxRunSeconds / 60)} minutes`;
  return failure('DEADLINE_EXCEEDED', `The answer took longer than ${limit} and was ended. Try again.`);
}

/**
 * The outcome of an attempt that threw: a provider's error in plain words, and with its own message for administrators; an unexpected error
 * as an id and nothing else.
 */
export function outcomeOfError(error: unknown, log: Logger, principal: Principal): Outcome {
  if (error instanceof ProviderError) return providerFailure(error, log, principal);
  if (error instanceof CallError) return failure(error.code, error.message);
  if (error instanceof SecretCipherError) {
    return failure(
      'FAILED_PRECONDITION',
      'The key of this model cannot be read. An administrator has to enter it again.',
    );
  }
  const { code, message } = unexpected(log, error, 'an answer failed unexpectedly');
  return failure(code, message);
}

function providerFailure(error: ProviderError, log: Logger, principal: Principal): Outcome {
  const { code, status, retryable, retryAfter, confidential, message, publicMessage } = error;
  log.warn({ code, status, reason: message }, 'provider failed');
  const isAdmin = principal.kind === 'user' && principal.role === 'admin';
  // The key is the installation's: a client that gets 401 or 403 would ask its user to sign in again.
  const told: AnswerCode = code === 'UNAUTHENTICATED' || code === 'PERMISSION_DENIED' ? 'PROVIDER_REFUSED' : code;
  return {
    state: 'failed',
    error: {
      code: told,
      message: isAdmin && confidential ? `${publicMessage} The provider's answer: ${message}` : publicMessage,
      retryable,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  };
}

/** The outcome of an end that readers were told already. */
export function outcomeOfEnd({ state, finishReason, usage, systemFingerprint, error }: RunTerminal): Outcome {
  return {
    state,
    ...(finishReason !== undefined && { finishReason }),
    ...(usage && { usage }),
    ...(systemFingerprint !== undefined && { systemFingerprint }),
    ...(error && { error }),
  };
}

/** Identity of a run for its readers. */
export function identityOf(run: Pick<ClaimedRun, 'id' | 'user_id' | 'model' | 'chat_id' | 'message_id'>): RunIdentity {
  return {
    runId: run.id,
    userId: run.user_id,
    model: run.model,
    ...(run.chat_id === null ? {} : { chatId: run.chat_id }),
    ...(run.message_id === null ? {} : { messageId: run.message_id }),
  };
}

/** The outcome of a failed answer; `message` is for the user. */
export function failure(code: AnswerCode, message: string): Outcome {
  return { state: 'failed', error: { code, message } };
}
