import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processExists } from './process';
import { waitFor } from './wait';

/**
 * A killed postmaster leaves `postmaster.pid` behind. If its pid now belongs to another process, Postgres would not start, so the file is
 * removed. If a postmaster still runs on this directory (its guard is stopping it), this waits for its end and never kills it.
 */
export async function clearStaleLock(dataDir: string): Promise<void> {
  const path = join(dataDir, 'postmaster.pid');
  const lock = await readFile(path, 'utf8').catch(() => undefined);
  const pid = Number(lock?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const holds = async (): Promise<boolean> => {
    if (!(await processExists(pid))) return false;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
    return commandLine === undefined || commandLine.includes(dataDir);
  };
  await waitFor(async () => !(await holds()), {
    timeoutMs: 20_000,
    intervalMs: 100,
    what: `the Postgres with pid ${pid} to leave ${dataDir} (stop it, or start with another PERENNIAL_HOME)`,
  });
  await rm(path, { force: true });
}
