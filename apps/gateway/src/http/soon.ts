/** Of the time that is left, the share in which everybody is sent away. */
const SHARE = 0.8;

/** Runs `work` at a random moment within the time, so that those who are sent away do not come back to the others all at once. */
export function soon(withinMs: number, work: () => void): void {
  if (withinMs <= 0) work();
  else setTimeout(work, Math.random() * withinMs * SHARE).unref();
}
