import { readFileSync } from 'node:fs';

const LOOK_EACH_MS = 300;

/**
 * Calls `gone` when one of this process's ancestors is killed: `npm start` is npm, perhaps a shell, and this process, and killing the first
 * of them should end all.
 */
export function watchParents(gone: () => unknown): void {
  const parent = process.ppid;
  const grandparent = isShell(parent) ? parentOf(parent) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === undefined || parentOf(parent) === grandparent)) return;
    clearInterval(timer);
    gone();
  }, LOOK_EACH_MS);
  timer.unref();
}

function isShell(pid: number): boolean {
  return ['sh', 'dash', 'bash'].includes(statOf(pid).name);
}

function parentOf(pid: number): number | undefined {
  return statOf(pid).parent;
}

function statOf(pid: number): { name: string; parent: number | undefined } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    return { name: stat.slice(stat.indexOf('(') + 1, end), parent: Number(stat.slice(end + 2).split(' ')[1]) };
  } catch {
    return { name: '', parent: undefined };
  }
}
