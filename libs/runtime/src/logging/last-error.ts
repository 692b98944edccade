/** An error for operators: what finds it in the log, and nothing that could hold a secret. */
export interface LastError {
  /** The `error_id` of its log line; null if it has none. */
  id: string | null;
  /** Its code, or the name of its class. */
  code: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** Codes and names are words; anything else may be text from outside. */
const WORD = /^[A-Za-z][\w.:-]{0,59}$/;

/** @param logged the first argument of a log call of level `error` or above */
export function toLastError(logged: unknown, now = Date.now()): LastError {
  const { err, error_id: id } = (typeof logged === 'object' && logged !== null ? logged : {}) as {
    err?: unknown;
    error_id?: unknown;
  };
  const error = logged instanceof Error ? logged : err;
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    name?: unknown;
  };
  const words = [code, name].filter((value): value is string => typeof value === 'string' && WORD.test(value));
  return { id: typeof id === 'string' && WORD.test(id) ? id : null, code: words[0] ?? 'Error', at: now };
}
