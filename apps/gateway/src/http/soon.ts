/** Share of the remaining time over which clients are disconnected. */
const SHARE = 0.8;

/** Runs `work` at a random moment within the time, so that disconnected clients do not reconnect all at once. */
export function soon(withinMs: number, work: () => void): void {
  if (withinMs <= 0) work();
  else setTimeout(work, Math.random() * withinMs * SHARE).unref();
}
