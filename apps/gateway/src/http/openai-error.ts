import type { ErrorReply } from '@perennial/contracts-gateway';
import type { Problem } from '../problem';

const PREFIXES = /^\/(?:api\/v1|v1|openai)\//;
const ROUTES = /^\/(?:api\/(?:v1\/)?|v1\/|openai\/)(?:chat\/completions|models)\/?(?:\?|$)/;

/** Whether OpenAI's SDKs call this address: they show `error.message`. */
export function isOpenAiRoute(url: string): boolean {
  return ROUTES.test(url);
}

/** Whether an unknown address may have been meant for an OpenAI API. */
export function isOpenAiPrefix(url: string): boolean {
  return PREFIXES.test(url);
}

/** An error as OpenAI writes it. `param` is the first field that is wrong. */
export function openAiError({ status, message, code, fields }: Problem): NonNullable<ErrorReply['error']> {
  const standard = status === 404 ? 'model_not_found' : null;
  return { message, type: typeOf(status), code: code ?? standard, param: fields?.[0]?.field || null };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
