/**
 * Runs a request with a time limit that holds even if the store hangs. The limit ends when `request` resolves: a body that is read afterwards
 * takes as long as its reader.
 *
 * @param timeoutMs until the request has resolved; then the signal it was given is aborted
 */
export async function withTimeLimit<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  try {
    return await request(signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
}
