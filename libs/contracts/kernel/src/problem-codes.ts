import type { ErrorCode } from './errors';

/**
 * The `code` of every reply that is not 2xx. Codes are stable: clients decide and translate by them, and never by the sentence beside them, which
 * may change. The first ones are kinds whose sentence says the rest; a code of its own means one thing only. A new one is added here, and to the
 * page's catalogues, or the page does not compile.
 */
export const PROBLEM_CODES = [
  // Kinds: the sentence says what exactly.
  'invalid_request',
  'invalid_input',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'unsupported_type',
  'too_many_requests',
  'unavailable',
  'failed',
  // The request as such.
  'address_not_found',
  'cancelled',
  'idempotency_mismatch',
  'internal',
  'outcome_unknown',
  'server_busy',
  'timeout',
  // Accounts.
  'account_pending',
  'admin_only',
  'email_taken',
  'not_signed_in',
  'own_account',
  'password_too_common',
  'password_too_short',
  'session_over',
  'sign_up_off',
  'too_many_attempts',
  'wrong_credentials',
  'wrong_password',
  // Chats.
  'answer_not_found',
  'chat_not_found',
  'message_empty',
  'model_not_found',
  'queue_full',
  'task_not_found',
  'too_many_answers',
  // Documents.
  'base_full',
  'base_not_found',
  'directory_exists',
  'directory_into_itself',
  'directory_not_found',
  'directory_too_deep',
  'duplicate_content',
  'file_content_gone',
  'file_kind_not_allowed',
  'file_not_found',
  'file_store_unavailable',
  'file_too_large',
  'files_leaving',
  'source_not_found',
  'storage_full',
  'too_many_files',
  'too_many_files_wait',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** The code of an error that has none of its own. */
export const PROBLEM_OF: Readonly<Record<ErrorCode, ProblemCode>> = {
  INVALID_ARGUMENT: 'invalid_request',
  UNAUTHENTICATED: 'not_signed_in',
  PERMISSION_DENIED: 'forbidden',
  NOT_FOUND: 'not_found',
  ALREADY_EXISTS: 'conflict',
  FAILED_PRECONDITION: 'conflict',
  IDEMPOTENCY_MISMATCH: 'idempotency_mismatch',
  PAYLOAD_TOO_LARGE: 'too_large',
  RESOURCE_EXHAUSTED: 'too_many_requests',
  UNAVAILABLE: 'unavailable',
  DEADLINE_EXCEEDED: 'timeout',
  CANCELLED: 'cancelled',
  OUTCOME_UNKNOWN: 'outcome_unknown',
  INTERNAL: 'internal',
};
