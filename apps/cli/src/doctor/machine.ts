import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { engines } from '../../package.json';
import { failed, type Finding, ok, warning } from './finding';

const MIN_OPEN_FILES = 4_096;
/** Sockets and connections of a small installation. */
const FEW_OPEN_FILES = 1_024;
const GIGABYTE = 1e9;
const MIN_FREE_BYTES = GIGABYTE;
const MIN_FREE_SHARE = 0.1;

/** This machine: the version of Node, open files, free disk below DATA_DIR. */
export async function checkMachine(dataDir: string): Promise<Finding[]> {
  return [nodeFinding(process.versions.node), ...(await openFilesFinding()), await diskFinding(dataDir)];
}

function nodeFinding(version: string): Finding {
  const needed = engines.node.replace('>=', '');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = needed.split('.').map(Number);
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return ok('node', `version ${version}`);
  return failed('node', `version ${version}`, `Install Node ${needed} or newer.`);
}

/** The limit is that of this command; a service has it if it is started in the same way. */
async function openFilesFinding(): Promise<Finding[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return [];
  const found = `${soft} open files are allowed`;
  if (soft === 'unlimited' || Number(soft) >= MIN_OPEN_FILES) return [ok('open files', found)];
  const remedy = `Raise the limit to ${MIN_OPEN_FILES} or more (ulimit -n, LimitNOFILE, or ulimits of the container).`;
  return [Number(soft) < FEW_OPEN_FILES ? failed('open files', found, remedy) : warning('open files', found, remedy)];
}

async function diskFinding(dataDir: string): Promise<Finding> {
  const folder = nearest(resolve(dataDir));
  const { bavail, blocks, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const share = blocks === 0 ? 1 : bavail / blocks;
  const found = `${(free / GIGABYTE).toFixed(1)} GB (${Math.round(share * 100)} %) are free at ${folder}`;
  const remedy = 'Free space, or move DATA_DIR to a larger disk.';
  if (free < MIN_FREE_BYTES) return failed('disk', found, remedy);
  return share < MIN_FREE_SHARE ? warning('disk', found, remedy) : ok('disk', found);
}

/** The folder, or the nearest one above it that exists. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}
