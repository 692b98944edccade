import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { buildService, freePort, freshDatabase, freshPrefix, ManagedProcess, redisUrl } from '@perennial/testing';
import { vi } from 'vitest';

export const SECRET_KEY = '5d1f0b8e7c6a493f8a2b1c0d9e8f7a6b';

export type ServiceName = 'auth' | 'chat' | 'config' | 'gateway' | 'retrieval';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A database, keys of its own, a directory, the built command line, and as many built services as a test starts. */
export class Installation {
  readonly processes: ManagedProcess[] = [];

  private constructor(
    readonly env: Record<string, string>,
    readonly dataDir: string,
    readonly program: string,
    private readonly runHere: (args: readonly string[]) => Promise<number>,
  ) {}

  static async create(changes: Record<string, string> = {}): Promise<Installation> {
    const dataDir = await mkdtemp(join(tmpdir(), 'perennial-cli-'));
    const env = {
      NODE_ENV: 'test',
      DATABASE_URL: await freshDatabase('cli'),
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: freshPrefix('cli'),
      SECRET_KEY,
      DATA_DIR: dataDir,
      ...changes,
    };
    const bundle = await buildService('cli');
    const { run } = (await import(join(bundle, 'program.js'))) as { run: (args: readonly string[]) => Promise<number> };
    return new Installation(env, dataDir, join(bundle, 'main.js'), run);
  }

  /** Starts services and waits until they are ready. */
  async start(...names: ServiceName[]): Promise<void> {
    await Promise.all(names.map((name) => this.startReplica(name)));
  }

  /** Starts one replica, with changes of its environment, and waits until it is ready. */
  async startReplica(name: ServiceName, changes: Record<string, string> = {}): Promise<ManagedProcess> {
    const bundle = await buildService(name);
    const port = await freePort();
    const handle = new ManagedProcess({
      name,
      command: process.execPath,
      args: ['--import', `${bundle}/telemetry.js`, `${bundle}/main.js`],
      env: { ...this.env, HEALTH_PORT: String(port), INSTANCE_ID: `${name}-1`, ...changes },
    });
    this.processes.push(handle);
    handle.start();
    await handle.waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok, 'it is ready');
    return handle;
  }

  /**
   * Runs the command line in this process, which spares its start; one at a time. Where its process or its standard input matters, `run` is
   * what tests use.
   */
  async inside(args: readonly string[], changes: Record<string, string> = {}): Promise<Outcome> {
    const env = { ...this.env, ...changes };
    const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, env);
    const outcome = { code: 0, stdout: '', stderr: '' };
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
        outcome[stream] += String(chunk);
        return true;
      }),
    );
    try {
      outcome.code = await this.runHere(args);
    } finally {
      for (const spy of spies) spy.mockRestore();
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    return outcome;
  }

  /** Runs the command line as a process; standard input ends after `input`. */
  run(args: readonly string[], input = '', env: Record<string, string> = {}): Promise<Outcome> {
    return runProgram(process.execPath, [this.program, ...args], input, { ...this.env, ...env });
  }

  /** Runs it with `--json`, and expects success. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.inside([...args, '--json']);
    if (code !== 0) throw new Error(`perennial ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Ends the services, and leaves the stores. */
  async endServices(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((handle) => handle.kill()));
  }

  async stop(): Promise<void> {
    await this.endServices();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Runs a program to its end. Of this process's environment it gets PATH only. */
export async function runProgram(
  command: string,
  args: readonly string[],
  input: string,
  env: Record<string, string>,
): Promise<Outcome> {
  const child = spawn(command, args, { env: { ...env, PATH: process.env['PATH'] } });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
