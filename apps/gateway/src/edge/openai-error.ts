import type { ErrorReply } from '@perennial/contracts-gateway';

const DOORS = /^\/(?:api\/(?:v1\/)?(?:chat\/completions|models)|openai\/chat\/completions)\/?(?:\?|$)/;

/** Whether OpenAI's SDKs call this address: they show `error.message`. */
export function isOpenAiDoor(url: string): boolean {
  return DOORS.test(url);
}

/** An error as OpenAI writes it. */
export function openAiError(
  status: number,
  message: string,
  code: string | null = status === 404 ? 'model_not_found' : null,
): NonNullable<ErrorReply['error']> {
  return { message, type: typeOf(status), code, param: null };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
