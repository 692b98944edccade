import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@perennial/local-runtime';
import {
  guardDirectory,
  ManagedProcess,
  portIsFree,
  type PostgresServer,
  type ProcessExit,
  type RedisServer,
  waitFor,
} from '@perennial/local-runtime/servers';
import { Embedders } from './embedders';
import { type LauncherEnvironment, launcherEnvironment } from './environment';
import { Front } from './front';
import { answers, isReady, READY_TIMEOUT_MS, untilReady } from './health';
import { type Instance, prepareInstance } from './instance';
import type { LaunchEvent, LaunchOptions } from './launch';
import { parseScale, type Scale } from './options';
import { ROOT, type ServiceName, SERVICES } from './paths';
import { chooseProvider, type Provider } from './provider';
import { sharedEnvironment } from './service-environment';
import { Home, type RunEntry } from './state';
import { openPostgres, openRedis, type Store } from './stores';
import { Supervisor, type SupervisorEvents } from './supervisor';

/** A running Perennial: all its processes, with controls for tests. */
export class RunningSystem {
  baseUrl = '';
  provider: Provider = { kind: 'none', label: '', env: {} };
  private instances: Instance[] = [];
  private model: { process: ManagedProcess; supervisor: Supervisor; port: number } | undefined;
  private embedders: Embedders | undefined;
  private postgres: Store<PostgresServer> = { url: '' };
  private redis: Store<RedisServer> = { url: '' };
  private front: Front | undefined;
  private stopped: Promise<void> | undefined;
  private locked = false;
  private readonly interrupt = new AbortController();
  private readonly env: LauncherEnvironment;
  private readonly root: string;

  constructor(
    readonly home: Home,
    private readonly options: LaunchOptions,
  ) {
    this.env = launcherEnvironment({ ...process.env, ...options.env });
    this.root = options.root ?? ROOT;
  }

  /** The embedder in words; empty if it was left to the environment. */
  get embedder(): string {
    return this.embedders?.label ?? '';
  }

  get postgresUrl(): string {
    return this.postgres.url;
  }

  get redisUrl(): string {
    return this.redis.url;
  }

  /** The own address of each gateway, without the balancer. */
  get gateways(): string[] {
    return this.of('gateway').map(({ port }) => `http://${this.loopback()}:${port}`);
  }

  /** Every process with its present pid: what run.json holds. */
  get run(): RunEntry[] {
    const entries: (RunEntry & { running: boolean })[] = this.instances.map((instance) => ({
      service: instance.service,
      instance: instance.instance,
      pid: instance.process.running ? instance.process.pid : 0,
      port: instance.port,
      healthPort: instance.healthPort,
      running: instance.process.running,
    }));
    const add = (service: string, process: ManagedProcess, port: number): void => {
      entries.push({ service, instance: 1, pid: process.running ? process.pid : 0, port, running: process.running });
    };
    if (this.postgres.own) add('postgres', this.postgres.own.server.process, this.postgres.own.server.port);
    if (this.redis.own) add('redis', this.redis.own.server.process, this.redis.own.server.port);
    if (this.model) add('model', this.model.process, this.model.port);
    for (const { name, process, port } of this.embedders?.running ?? []) add(name, process, port);
    return entries.filter(({ running }) => running).map(({ running: _, ...entry }) => entry);
  }

  /** One process of a service (counted from 1), to be paused, signalled or watched. */
  process(service: ServiceName, instance = 1): ManagedProcess {
    return this.instance(service, instance).process;
  }

  /** `kill -9`; it is restarted unless supervision is off. */
  async kill(service: ServiceName, instance = 1): Promise<void> {
    await this.process(service, instance).kill();
  }

  /** Starts all processes of a service anew, one after the other, and waits until each is ready; or only the given one. */
  async restart(service: ServiceName, only?: number): Promise<void> {
    for (const { instance, process, supervisor, healthPort } of this.of(service)) {
      if (only !== undefined && only !== instance) continue;
      await supervisor.without(() => process.restart());
      await untilReady(process, () => isReady(healthPort));
    }
  }

  /**
   * Replaces a process as an upgrade does: SIGTERM, everything that it does before it leaves, then the build of another clone in its place.
   * Resolves when that one is ready.
   *
   * @param root the clone whose build runs from now on
   * @returns how the former process ended
   */
  async replace(service: ServiceName, instance: number, root: string): Promise<ProcessExit> {
    const former = this.instance(service, instance);
    const exit = await former.supervisor.without(async () => {
      const { exited } = former.process;
      former.process.signal('SIGTERM');
      return exited;
    });
    former.supervisor.release();
    const next = await former.again(root);
    this.instances[this.instances.indexOf(former)] = next;
    await next.supervisor.start();
    await untilReady(next.process, () => isReady(next.healthPort));
    return exit;
  }

  /** Waits until that process says that it is ready. */
  async ready(service: ServiceName, instance = 1, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const { healthPort } = this.instance(service, instance);
    await waitFor(() => isReady(healthPort), { timeoutMs, intervalMs: 50, what: `${service}-${instance} to be ready` });
  }

  /** Kills our own Redis, deletes its data, and restarts it on the same port. */
  async restartRedisEmpty(): Promise<void> {
    const own = this.redisServer();
    await own.supervisor.without(() => own.server.restartEmpty());
  }

  /** Restarts the own Postgres on the same port: fast shutdown, or `kill -9`. */
  async restartPostgres({ kill = false } = {}): Promise<void> {
    const own = this.postgresServer();
    await own.supervisor.without(async () => {
      if (kill) await own.server.kill();
      await own.server.restart();
    });
  }

  redisServer(): { server: RedisServer; supervisor: Supervisor } {
    if (!this.redis.own) throw new Error('Redis was not started here');
    return this.redis.own;
  }

  postgresServer(): { server: PostgresServer; supervisor: Supervisor } {
    if (!this.postgres.own) throw new Error('Postgres was not started here');
    return this.postgres.own;
  }

  /** Starts everything and resolves when all of it is ready; after an error nothing is left running. */
  async start(): Promise<void> {
    await this.home.lock((pids) => this.emit({ kind: 'waiting', pids }));
    this.locked = true;
    try {
      const host = this.options.host ?? '127.0.0.1';
      const port = this.options.port ?? 0;
      if (port !== 0 && !(await portIsFree(port, host))) {
        throw new Error(
          `port ${port} is in use by another program: stop it, or choose another port (npm start -- --port ${port + 1})`,
        );
      }
      await this.startStores();
      await this.startProvider();
      await this.startEmbedders();
      await this.startServices(host, port);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops gateways, services, model, Redis and Postgres in this order. Repeated calls wait for the first. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  /** Kills everything at once, after a second Ctrl-C. */
  killAll(): void {
    this.release();
    for (const { process } of this.instances) process.signal('SIGKILL');
    this.model?.process.signal('SIGKILL');
    this.embedders?.kill();
    this.redis.own?.server.process.signal('SIGTERM');
    this.postgres.own?.server.process.signal('SIGQUIT');
  }

  private async startStores(): Promise<void> {
    const started = performance.now();
    const open = async <T>(what: string, store: Promise<Store<T>>): Promise<Store<T>> => {
      const opened = await store;
      const detail = opened.own ? withoutPassword(opened.url) : `${withoutPassword(opened.url)} (given)`;
      this.emit({ kind: 'done', what, ms: performance.now() - started, detail });
      return opened;
    };
    const events = this.events();
    const [postgres, redis] = await Promise.allSettled([
      open('Postgres', openPostgres(this.env, this.home, events)),
      open('Redis', openRedis(this.env, this.home, events)),
    ]);
    if (postgres.status === 'fulfilled') this.postgres = postgres.value;
    if (redis.status === 'fulfilled') this.redis = redis.value;
    for (const result of [postgres, redis]) if (result.status === 'rejected') throw result.reason;
    this.writeRun();
  }

  private async startProvider(): Promise<void> {
    const started = performance.now();
    const choice = this.options.provider ?? 'none';
    this.provider = await chooseProvider({
      root: this.root,
      env: this.env,
      home: this.home,
      databaseUrl: this.postgresUrl,
      force: choice === 'auto' ? undefined : choice,
      signal: this.interrupt.signal,
      onProgress: (progress) => this.emit({ kind: 'progress', ...progress }),
    });
    const server = this.provider.server;
    if (server) {
      const supervisor = new Supervisor(server.process, () => server.process.start(), this.events());
      this.model = { process: server.process, supervisor, port: server.port };
      await supervisor.start();
      await untilReady(server.process, () => answers(server.readyUrl));
    }
    if (choice !== 'none') {
      this.emit({ kind: 'done', what: 'Model', ms: performance.now() - started, detail: this.provider.label });
    }
  }

  private async startEmbedders(): Promise<void> {
    const choice = this.options.provider ?? 'none';
    this.embedders = new Embedders({
      ...{ root: this.root, env: this.env, home: this.home, choice },
      events: this.events(),
      emit: (event) => this.emit(event),
      changeSettings: (group, changes) => this.changeSettings(group, changes),
      signal: this.interrupt.signal,
    });
    const offline = choice === 'auto' && this.provider.kind === 'simulator';
    await this.embedders.choose(this.postgresUrl, { offline });
  }

  /** As an operator would; false while the services are starting. */
  private async changeSettings(group: string, changes: object): Promise<boolean> {
    const env = await this.home.shared();
    if (env === undefined || this.baseUrl === '') return false;
    const command = join(this.root, 'apps', 'cli', 'dist', 'main.js');
    const args = [command, 'settings', 'set', group, JSON.stringify(changes)];
    await run(process.execPath, args, { cwd: this.root, env, signal: this.interrupt.signal });
    return true;
  }

  private async startServices(host: string, port: number): Promise<void> {
    const started = performance.now();
    const scale: Scale = { ...parseScale(''), ...this.options.scale };
    const shared = sharedEnvironment({
      ...{ env: this.env, home: this.home },
      databaseUrl: this.postgresUrl,
      redisUrl: this.redisUrl,
      extra: { ...this.provider.env, ...this.embedders?.env, ...this.options.env },
    });
    this.home.writeShared(shared);
    for (const service of SERVICES) {
      for (let instance = 1; instance <= scale[service]; instance++) {
        const alone = service === 'gateway' && scale.gateway === 1;
        const own = alone && port !== 0 ? port : await this.home.port(`${service}-${instance}`);
        this.instances.push(
          await prepareInstance({
            ...{ service, instance, root: this.root, home: this.home, port: own, shared },
            code: this.options.code ?? 'built',
            host: alone ? host : '127.0.0.1',
            behindBalancer: !alone,
            under: this.options.under,
            extra: { ...this.options.serviceEnv?.[service], ...this.options.instanceEnv?.(service, instance) },
            supervise: this.options.supervise ?? true,
            events: this.events(),
          }),
        );
      }
    }
    if (scale.gateway > 1) this.front = new Front(this.of('gateway'));
    const reached = this.front ? await this.front.listen(port, host) : this.of('gateway')[0]?.port;
    this.baseUrl = `http://${this.loopback()}:${reached}`;
    await Promise.all(this.instances.map(({ supervisor }) => supervisor.start()));
    await Promise.all(this.instances.map(({ process, healthPort }) => untilReady(process, () => isReady(healthPort))));
    await this.front?.look();
    const replicas = Object.entries(scale).filter(([, count]) => count > 1);
    const detail = replicas.map(([service, count]) => `${service} ×${count}`).join(', ');
    this.emit({ kind: 'done', what: 'Services', ms: performance.now() - started, detail });
  }

  private async stopAll(): Promise<void> {
    this.interrupt.abort();
    if (this.locked) this.home.stopping();
    this.release();
    const gateways = this.of('gateway');
    const others = this.instances.filter(({ service }) => service !== 'gateway');
    await Promise.all(gateways.map(({ process }) => process.stop()));
    await this.front?.close();
    await Promise.all(others.map(({ process }) => process.stop()));
    await Promise.all([this.model?.process.stop(), this.embedders?.stop()]);
    await this.redis.own?.server.stop();
    await this.postgres.own?.server.stop();
    if (this.locked) this.home.unlock();
  }

  private release(): void {
    for (const { supervisor } of this.instances) supervisor.release();
    this.model?.supervisor.release();
    this.embedders?.release();
    this.redis.own?.supervisor.release();
    this.postgres.own?.supervisor.release();
  }

  private events(): SupervisorEvents {
    return {
      onChange: () => this.writeRun(),
      onDeath: (name, exit, restartInMs) => this.emit({ kind: 'died', name, exit, restartInMs }),
    };
  }

  private writeRun(): void {
    if (!this.stopped) this.home.writeRun(this.run);
  }

  private instance(service: ServiceName, instance: number): Instance {
    const found = this.of(service).find((candidate) => candidate.instance === instance);
    if (!found) throw new Error(`there is no ${service}-${instance}`);
    return found;
  }

  private of(service: ServiceName): Instance[] {
    return this.instances.filter((instance) => instance.service === service);
  }

  private loopback(): string {
    const host = this.options.host ?? '127.0.0.1';
    return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  }

  private emit(event: LaunchEvent): void {
    this.options.onEvent?.(event);
  }
}

/** Starts a whole Perennial and resolves when it is ready. Everything ends with `stop()`, or with this process. */
export async function launchSystem(options: LaunchOptions = {}): Promise<RunningSystem> {
  const system = new RunningSystem(new Home(options.home ?? temporaryHome()), options);
  await system.start();
  return system;
}

function temporaryHome(): string {
  const path = mkdtempSync(join(tmpdir(), 'perennial-home-'));
  // Postgres runs as another user when this is root, and has to pass.
  chmodSync(path, 0o755);
  guardDirectory(path);
  return path;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
