import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '@perennial/testing/servers';

const SIZE_MB = 192;
const NAME = 'perennial-chaos';
const FILLS = 5;

/** A small file system in memory for the bytes of documents and the embedded vector store. It can be full. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  /** @throws unless this is root, and may mount */
  static async mount(): Promise<SmallDisk> {
    await unmountAbandoned();
    const path = mkdtempSync(join(tmpdir(), `${NAME}-disk-`));
    await runToEnd({
      ...{ name: 'mount', command: 'mount' },
      args: ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, `${NAME}-${process.pid}`, path],
    });
    return new SmallDisk(path);
  }

  /** Somebody else may write meanwhile, so what is free is asked again until it is filled. */
  async fill(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const { bavail, bsize } = await statfs(this.path);
      if (bavail === 0) return;
      try {
        await runToEnd({ name: 'fill', command: 'fallocate', args: ['-l', String(bavail * bsize), this.filler] });
        return;
      } catch (error) {
        if (tries === FILLS) throw error;
      }
    }
  }

  async empty(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  async unmount(): Promise<void> {
    await runToEnd({ name: 'umount', command: 'umount', args: ['-l', this.path] });
    rmSync(this.path, { recursive: true, force: true });
  }

  private get filler(): string {
    return join(this.path, 'filler');
  }
}

/** Those of runs that were killed: their process is gone. */
async function unmountAbandoned(): Promise<void> {
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const [source = '', path = ''] = line.split(' ');
    const pid = new RegExp(`^${NAME}-(\\d+)$`).exec(source)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await runToEnd({ name: 'umount', command: 'umount', args: ['-l', path] });
    rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
