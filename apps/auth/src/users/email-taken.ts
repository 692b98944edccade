import { CallError } from '@perennial/contracts-kernel';
import { isUniqueViolation } from '@perennial/persistence';

/** @throws CallError `ALREADY_EXISTS` when `work` would give one e-mail address to two accounts */
export async function emailTaken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isUniqueViolation(error, 'users_email_unique')) throw error;
    throw new CallError('ALREADY_EXISTS', 'This email address is already taken', { problem: 'email_taken' });
  }
}
