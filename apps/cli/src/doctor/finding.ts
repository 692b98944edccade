/** What one look at the installation has found. */
export interface Finding {
  /** Where it looked, for example `redis`. */
  check: string;
  /** `warning`: the system works, and something should be mended. */
  level: 'ok' | 'warning' | 'failed';
  /** What is there. Never holds a secret. */
  found: string;
  /** What to do, in one sentence; absent where nothing is to be done. */
  remedy?: string;
}

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found });

export const warning = (check: string, found: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  found,
  remedy,
});

export const failed = (check: string, found: string, remedy: string): Finding => ({
  check,
  level: 'failed',
  found,
  remedy,
});

/** Clocks that differ more refuse signed calls and end sessions early. */
const MAX_SKEW_S = 5;

/**
 * Judges a server's clock.
 *
 * @param readMs the server's time, in epoch milliseconds; it is read between two looks at ours
 */
export async function clockFinding(check: string, readMs: () => Promise<number>): Promise<Finding> {
  const before = Date.now();
  const theirs = await readMs();
  const skewS = (theirs - (before + Date.now()) / 2) / 1_000;
  const found = `its clock is ${Math.abs(skewS).toFixed(1)} s ${skewS < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(skewS) <= MAX_SKEW_S) return ok(check, found);
  return failed(check, found, 'Synchronise the clocks of both machines with NTP (chrony or systemd-timesyncd).');
}
