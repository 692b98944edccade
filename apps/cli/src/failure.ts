import { CallError } from '@perennial/contracts-kernel';
import { EnvError } from '@perennial/runtime';

/** The program was called wrongly. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command could not do its work. The message says what happened and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const NETWORK: Record<string, string> = {
  ECONNREFUSED: 'Nothing listens at that address. Start the server, or correct the address.',
  ENOTFOUND: 'There is no host of that name. Correct the address.',
  EAI_AGAIN: 'The name of the host cannot be resolved now. Check DNS, or correct the address.',
  ETIMEDOUT: 'The server does not answer. Check the address and the firewall.',
  EHOSTUNREACH: 'There is no way to that host. Check the address and the network.',
  '28P01': 'The user or the password of DATABASE_URL is wrong.',
  '28000': 'The user of DATABASE_URL may not sign in.',
  '3D000': 'The database of DATABASE_URL does not exist. Create it.',
};

/** What an error says to an operator. Errors of drivers may carry addresses with passwords, so only known ones are repeated. */
export function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof CommandError || error instanceof EnvError) return error.message;
  if (error instanceof CallError) return error.message;
  const known = NETWORK[toErrorCode(error) ?? ''];
  if (known !== undefined) return known;
  return error instanceof Error ? withoutPasswords(error.message) : 'An unexpected error.';
}

/** The code of a driver's error, or of the first one in an AggregateError (several addresses of one host). */
export function toErrorCode(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return toErrorCode(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  return error instanceof Error && error.cause !== undefined ? toErrorCode(error.cause) : undefined;
}

function withoutPasswords(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^:@/\s]*):[^@/\s]+@/gi, '$1:…@');
}
