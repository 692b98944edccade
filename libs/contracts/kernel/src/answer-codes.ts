import { ERROR_CODES } from './errors';

/**
 * The `code` of every answer that failed: those of calls, and those of its model's provider. Clients decide and translate by them. A new one is
 * added here, and to the page's catalogues, or the page does not compile.
 */
export const ANSWER_CODES = [
  ...ERROR_CODES,
  /** The provider's 401 or 403: it is about the key of the installation, never the user's. */
  'PROVIDER_REFUSED',
  'QUOTA_EXCEEDED',
  'RATE_LIMITED',
  'TIMEOUT',
  /** The answer broke off in the middle. */
  'INTERRUPTED',
  /** What came is not what the provider's own protocol allows. */
  'PROTOCOL',
] as const;

export type AnswerCode = (typeof ANSWER_CODES)[number];
