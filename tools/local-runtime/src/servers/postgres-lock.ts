import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processExists } from './process';
import { waitFor } from './wait';

/**
 * A killed postmaster leaves `postmaster.pid` behind. If its pid now belongs to another process, Postgres would not start, so the file is
 * removed. If a postmaster still runs on this directory (its guard is stopping it), this waits for its end and never kills it.
 */
export async function clearStaleLock(dataDir: string): Promise<void> {
  await clearStaleFile(dataDir);
  await endOrphans(dataDir);
}

async function clearStaleFile(dataDir: string): Promise<void> {
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

/**
 * Ends the sessions of a postmaster that was killed. They would end by themselves, but as long as one holds the shared memory of the directory a
 * new postmaster refuses to start. Only Linux tells who they are: each works in the data directory, under a title of its own.
 */
async function endOrphans(dataDir: string): Promise<void> {
  const directory = await realpath(dataDir);
  const isOrphan = async (pid: number): Promise<boolean> => {
    const [cwd, title] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    ]);
    return cwd === directory && title.startsWith('postgres: ');
  };
  const ended = async (): Promise<boolean> => {
    const all = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger);
    const are = await Promise.all(all.map(isOrphan));
    const pids = all.filter((_, at) => are[at]);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    return pids.length === 0;
  };
  await waitFor(ended, {
    timeoutMs: 10_000,
    intervalMs: 20,
    what: `the sessions of a killed Postgres to leave ${dataDir}`,
  });
}
