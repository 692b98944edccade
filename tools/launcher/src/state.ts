import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, portIsFree, processExists, randomPassword, sleep, waitFor } from '@perennial/testing/servers';

/** One line of run.json. */
export interface RunEntry {
  service: string;
  /** Counted from 1 within the service. */
  instance: number;
  pid: number;
  /** Its port: the HTTP port of a gateway, the health port of other services. */
  port: number;
  /** Of `/health/live`, `/health/ready` and `/metrics`; services only. */
  healthPort?: number;
}

export interface Secrets {
  postgresPassword: string;
  redisPassword: string;
  secretKey: string;
}

/** A launcher whose parent was killed needs this long to notice. */
const NOTICE_MS = 1_500;

/** The directory that keeps data, secrets, ports and logs between two starts. */
export class Home {
  constructor(readonly path: string) {
    mkdirSync(this.logs, { recursive: true });
  }

  get logs(): string {
    return join(this.path, 'logs');
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Generated at the first start and kept; readable by the owner only. */
  secrets(): Secrets {
    const kept = this.read<Partial<Secrets>>('secrets.json') ?? {};
    const secrets: Secrets = {
      postgresPassword: kept.postgresPassword ?? randomPassword(),
      redisPassword: kept.redisPassword ?? randomPassword(),
      secretKey: kept.secretKey ?? randomBytes(32).toString('base64url'),
    };
    if (Object.keys(kept).length < Object.keys(secrets).length) this.write('secrets.json', secrets, 0o600);
    return secrets;
  }

  /** The last port of `name` if it is still free, else another one. */
  async port(name: string): Promise<number> {
    const ports = this.read<Record<string, number>>('ports.json') ?? {};
    const last = ports[name];
    if (last !== undefined && (await portIsFree(last))) return last;
    const taken = new Set(Object.values(ports));
    let port = await freePort();
    while (taken.has(port)) port = await freePort();
    this.write('ports.json', { ...this.read<Record<string, number>>('ports.json'), [name]: port });
    return port;
  }

  writeRun(entries: readonly RunEntry[]): void {
    this.write('run.json', entries);
  }

  /** Renames the previous log to `.1`, and returns the path of the new one. */
  freshLog(name: string): string {
    const path = join(this.logs, `${name}.log`);
    try {
      renameSync(path, `${path}.1`);
    } catch {
      // There is none at the first start.
    }
    return path;
  }

  /**
   * Locks the directory for this launcher. Throws when another one uses it; waits for leftovers of a killed one, which its guard is stopping,
   * and stops them itself if that guard is gone too.
   */
  async lock(onWait: (pids: number[]) => void): Promise<void> {
    const path = this.file('launcher.pid');
    const giveUpAt = performance.now() + NOTICE_MS;
    for (;;) {
      try {
        writeFileSync(path, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx' });
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = readHolder(path);
      const lives = holder.pid !== 0 && (await processExists(holder.pid)) && startOf(holder.pid) === holder.start;
      if (!lives) rmSync(path, { force: true });
      else if (!holder.stopping && performance.now() > giveUpAt) {
        throw new Error(
          `Perennial is running already (pid ${holder.pid}, ${this.path}): use that one, stop it with Ctrl-C or ` +
            `kill ${holder.pid}, or start another one with PERENNIAL_HOME=/another/directory and --port`,
        );
      } else await sleep(100);
    }
    await this.leftovers(onWait);
  }

  /** Tells the next launcher that waiting is worthwhile. */
  stopping(): void {
    appendFileSync(this.file('launcher.pid'), 'stopping\n');
  }

  unlock(): void {
    rmSync(this.file('run.json'), { force: true });
    rmSync(this.file('launcher.pid'), { force: true });
  }

  private async leftovers(onWait: (pids: number[]) => void): Promise<void> {
    const entries = this.read<RunEntry[]>('run.json') ?? [];
    const alive = async (): Promise<RunEntry[]> => {
      const checked = await Promise.all(entries.map(async (entry) => ((await this.isOurs(entry)) ? entry : undefined)));
      return checked.filter((entry) => entry !== undefined);
    };
    const found = await alive();
    if (found.length === 0) return;
    onWait(found.map(({ pid }) => pid));
    const gone = async (): Promise<boolean> => (await alive()).length === 0;
    await waitFor(gone, { timeoutMs: 15_000, intervalMs: 100 }).catch(() => undefined);
    for (const { pid, service } of await alive()) process.kill(pid, service === 'postgres' ? 'SIGINT' : 'SIGKILL');
    await waitFor(gone, { timeoutMs: 15_000, intervalMs: 100, what: 'the processes of the last run to end' });
  }

  /** Another process may have the pid by now: ours names this directory, the clone, or its port. */
  private async isOurs({ pid, service, port }: RunEntry): Promise<boolean> {
    if (!(await processExists(pid))) return false;
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (service === 'postgres') return commandLine.includes(this.path);
      return (
        commandLine.includes(`apps/${service}/dist`) ||
        commandLine.includes(`:${port}`) ||
        commandLine.includes(`--port\0${port}\0`) ||
        commandLine.includes(this.path)
      );
    } catch {
      return false;
    }
  }

  private read<T>(name: string): T | undefined {
    try {
      return JSON.parse(readFileSync(this.file(name), 'utf8')) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`${this.file(name)} cannot be read`, { cause: error });
    }
  }

  /** Atomic: a reader never sees half a file. */
  private write(name: string, value: unknown, mode = 0o644): void {
    const temporary = this.file(`.${name}.${process.pid}`);
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode });
    renameSync(temporary, this.file(name));
  }
}

function readHolder(path: string): { pid: number; start: string; stopping: boolean } {
  try {
    const [line = '', state] = readFileSync(path, 'utf8').split('\n');
    const [pid = '0', start = ''] = line.split(' ');
    return { pid: Number(pid), start, stopping: state === 'stopping' };
  } catch {
    // It was removed meanwhile.
    return { pid: 0, start: '', stopping: false };
  }
}

/** Start time of a process, in the kernel's ticks; detects a reused pid. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
