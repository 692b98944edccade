import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { guardDirectory } from './guard';
import { waitForFreePort } from './ports';
import type { ManagedProcess } from './process';

/** Where a store keeps its data. */
export interface StoreHome {
  readonly dir: string;
  /** The directory is removed with the server. */
  readonly temporary: boolean;
}

/** The given directory, or a new one that is removed with the server or, at the latest, with this process. */
export async function storeHome(name: string, given?: string): Promise<StoreHome> {
  if (given !== undefined) return { dir: resolve(given), temporary: false };
  const dir = await mkdtemp(join(tmpdir(), `perennial-${name}-`));
  guardDirectory(dir);
  return { dir, temporary: true };
}

/** A real store on the loopback address: stops, kills, pauses and restarts it. */
export abstract class StoreServer {
  constructor(
    readonly process: ManagedProcess,
    readonly port: number,
    protected readonly home: StoreHome,
  ) {}

  get pid(): number {
    return this.process.pid;
  }

  /** Starts the stopped server and waits until it can be used. Same port, same data. */
  async start(): Promise<void> {
    this.process.start();
    await this.untilReady();
  }

  /** Asks it to end and waits until its port is free; removes a temporary directory. */
  async stop(): Promise<void> {
    await this.end();
    if (this.home.temporary) await rm(this.home.dir, { recursive: true, force: true });
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.process.kill();
    await waitForFreePort(this.port);
  }

  /** Stops it (if it runs) and starts it with the same data. */
  async restart(): Promise<void> {
    if (this.process.running) await this.end();
    await this.start();
  }

  /** SIGSTOP: connections stay open, requests get no answer. */
  async pause(): Promise<void> {
    await this.signal('SIGSTOP');
  }

  /** SIGCONT: it continues. */
  async cont(): Promise<void> {
    await this.signal('SIGCONT');
  }

  /** Resolves when the server is ready for use. */
  protected abstract untilReady(): Promise<void>;

  protected signal(signal: NodeJS.Signals): void | Promise<void> {
    this.process.signal(signal);
  }

  private async end(): Promise<void> {
    await this.process.stop();
    await waitForFreePort(this.port);
  }
}
