import type { Call } from '@perennial/contracts-kernel';

/** The error for calls without a handler, or undefined. */
export function missingHandlers(calls: readonly Call[], handlers: ReadonlyMap<string, unknown>): string | undefined {
  const missing = calls.filter((call) => !handlers.has(call.pattern)).map((call) => call.pattern);
  if (missing.length === 0) return undefined;
  return `No handler for ${missing.join(', ')}: add a controller method with @Handles(…) for each.`;
}
