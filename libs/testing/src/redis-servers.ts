import { freePort, type RedisOptions, type RedisServer, startRedis, waitFor } from '@perennial/local-runtime/servers';
import { Redis } from 'ioredis';
import { type Certificate, redisTls } from './certificate';

/** A failover begins this long after a primary has stopped to answer. Short, so that tests are. */
const DOWN_AFTER_MS = 1_000;
const NODE_TIMEOUT_MS = 1_000;
const READY_MS = 30_000;
const PRIMARY_NAME = 'mymaster';
const LOCAL = '127.0.0.1';

export interface RedisGroupOptions {
  /** Of the servers (not of the sentinels). */
  settings?: RedisOptions['settings'];
  password?: string;
  /** A Cluster also speaks TLS with it. */
  certificate?: Certificate;
  /** The program of all servers, also of the sentinels. */
  binary?: string;
}

/** Several real servers that replace one of them when it dies. */
export abstract class RedisGroup {
  protected readonly hung = new Set<RedisServer>();

  protected constructor(
    readonly servers: readonly RedisServer[],
    private readonly password: string | undefined,
  ) {}

  /** `REDIS_URL` of the group. */
  get url(): string {
    return this.urlFor(this.password === undefined ? '' : `:${encodeURIComponent(this.password)}@`);
  }

  /** The same for another user. */
  urlAs(user: string, password: string): string {
    return this.urlFor(`${user}:${encodeURIComponent(password)}@`);
  }

  /** The port of a server that takes writes now: of the slot of a key, on a Cluster. */
  abstract primaryPort(key?: string): Promise<number>;

  /** Sends one command to one server. */
  async command(port: number, ...words: (string | number)[]): Promise<unknown> {
    const redis = new Redis({ host: LOCAL, port, password: this.password, retryStrategy: null, lazyConnect: true });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      const [name = '', ...args] = words;
      return await redis.call(String(name), ...args);
    } finally {
      redis.disconnect();
    }
  }

  server(port: number): RedisServer {
    const found = this.servers.find((server) => server.port === port);
    if (!found) throw new Error(`no server of this group has the port ${port}`);
    return found;
  }

  /** `kill -9` or `SIGSTOP` of the primary; resolves with it once another one has taken its place. */
  async failOver(key?: string, how: 'dies' | 'hangs' = 'dies'): Promise<RedisServer> {
    const primary = this.server(await this.primaryPort(key));
    if (how === 'dies') await primary.kill();
    else {
      await primary.pause();
      this.hung.add(primary);
    }
    await waitFor(async () => (await this.primaryPort(key).catch(() => primary.port)) !== primary.port, {
      timeoutMs: READY_MS,
      what: 'another server to become the primary',
    });
    return primary;
  }

  /** Starts those that were killed or hang, and waits until every primary has a replica in step again. */
  async heal(): Promise<void> {
    for (const server of this.servers) {
      if (!server.process.running) await server.start();
      else if (this.hung.delete(server)) await server.cont();
      else continue;
      await this.returned(server);
    }
    await waitFor(() => this.isWhole(), { timeoutMs: READY_MS, what: 'every server to be back in its place' });
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  protected abstract urlFor(login: string): string;

  /** A server that was replaced is back. */
  protected returned(_server: RedisServer): Promise<void> {
    return Promise.resolve();
  }

  /** Whether a failover of any primary would find a replica. */
  protected abstract isWhole(): Promise<boolean>;

  protected async isInStep(port: number): Promise<boolean> {
    const info = String(await this.command(port, 'INFO', 'replication').catch(() => ''));
    return info.includes('role:master') ? /slave\d+:.*state=online/.test(info) : info.includes('master_link_status:up');
  }
}

/** Three sentinels, one primary and two replicas. */
export class RedisSentinels extends RedisGroup {
  private constructor(
    servers: readonly RedisServer[],
    readonly sentinels: readonly RedisServer[],
    options: RedisGroupOptions,
  ) {
    super(servers, options.password);
  }

  static async start(options: RedisGroupOptions = {}): Promise<RedisSentinels> {
    const { password } = options;
    const login: Record<string, string> = password === undefined ? {} : { masterauth: password };
    const start = (replicaOf?: number) =>
      startRedis({
        password,
        binary: options.binary,
        settings: {
          ...login,
          ...(replicaOf !== undefined && { replicaof: `${LOCAL} ${replicaOf}` }),
          ...options.settings,
        },
      });
    const primary = await start();
    const replicas = await Promise.all([start(primary.port), start(primary.port)]);
    const sentinels = await Promise.all(Array.from({ length: 3 }, () => startSentinel(primary.port, options)));
    const group = new RedisSentinels([primary, ...replicas], sentinels, options);
    await waitFor(() => group.isWhole(), { timeoutMs: READY_MS, what: 'the sentinels to know each other' });
    return group;
  }

  protected urlFor(login: string): string {
    return `redis+sentinel://${login}${this.sentinels.map(({ port }) => `${LOCAL}:${port}`).join(',')}/${PRIMARY_NAME}`;
  }

  async primaryPort(): Promise<number> {
    const [sentinel] = this.sentinels;
    const address = await this.ask(sentinel?.port ?? 0, 'get-master-addr-by-name');
    return Number((address as string[])[1]);
  }

  /** The sentinels would make it a replica only after some seconds. */
  protected override async returned(server: RedisServer): Promise<void> {
    const primary = await this.primaryPort();
    if (primary !== server.port) await this.command(server.port, 'REPLICAOF', LOCAL, primary);
  }

  override async stop(): Promise<void> {
    await Promise.all(this.sentinels.map((sentinel) => sentinel.stop()));
    await super.stop();
  }

  protected async isWhole(): Promise<boolean> {
    const primary = await this.primaryPort();
    for (const { port } of this.sentinels) {
      const [, , ...rest] = (await this.ask(port, 'master')) as string[];
      const field = (name: string): string => rest[rest.indexOf(name) + 1] ?? '';
      const isKnown =
        field('num-slaves') === '2' && field('num-other-sentinels') === '2' && field('flags') === 'master';
      if (!isKnown || Number(field('port')) !== primary) return false;
      const replicas = JSON.stringify(await this.ask(port, 'replicas'));
      if (/s_down|disconnected/.test(replicas)) return false;
    }
    for (const { port } of this.servers) if (!(await this.isInStep(port))) return false;
    return true;
  }

  /** Sentinels have no password here. */
  private async ask(port: number, question: string): Promise<unknown> {
    const redis = new Redis({ host: LOCAL, port, retryStrategy: null, lazyConnect: true, enableReadyCheck: false });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await redis.call('SENTINEL', question, PRIMARY_NAME);
    } finally {
      redis.disconnect();
    }
  }
}

/** Three primaries, each with one replica. */
export class RedisCluster extends RedisGroup {
  private constructor(
    servers: readonly RedisServer[],
    private readonly options: RedisGroupOptions,
    private readonly tlsPorts: readonly number[],
  ) {
    super(servers, options.password);
  }

  static async start(options: RedisGroupOptions = {}): Promise<RedisCluster> {
    const { password } = options;
    const tlsPorts: number[] = [];
    const servers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const [bus, tls] = [await freePort(), await freePort()];
        tlsPorts.push(tls);
        return startRedis({
          password,
          binary: options.binary,
          settings: {
            ...{ 'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf', 'cluster-port': String(bus) },
            ...{ 'cluster-node-timeout': String(NODE_TIMEOUT_MS), 'cluster-replica-validity-factor': '0' },
            ...(password !== undefined && { masterauth: password }),
            // Otherwise nodes name their plain ports to everybody.
            ...(options.certificate && {
              ...redisTls(options.certificate, tls),
              ...{ 'tls-cluster': 'yes', 'tls-replication': 'yes' },
            }),
            ...options.settings,
          },
        });
      }),
    );
    const cluster = new RedisCluster(servers, options, tlsPorts);
    await cluster.join();
    return cluster;
  }

  protected urlFor(login: string): string {
    return `redis+cluster://${login}${this.servers.map(({ port }) => `${LOCAL}:${port}`).join(',')}`;
  }

  /** `REDIS_URL` with TLS. */
  get secureUrl(): string {
    return `rediss+cluster://${this.tlsPorts.map((port) => `${LOCAL}:${port}`).join(',')}`;
  }

  async primaryPort(key = ''): Promise<number> {
    const slot = Number(await this.askAny('CLUSTER', 'KEYSLOT', key));
    for (const [from, to, [, port]] of (await this.askAny('CLUSTER', 'SLOTS')) as SlotRange[])
      if (from <= slot && slot <= to) return port;
    throw new Error(`no server has slot ${slot}`);
  }

  /** Moves the slot of a key to the next primary, with the keys in it, as `redis-cli --cluster reshard` does. Returns the new port. */
  async moveSlot(key: string): Promise<number> {
    const slot = Number(await this.askAny('CLUSTER', 'KEYSLOT', key));
    const from = await this.primaryPort(key);
    const ranges = (await this.askAny('CLUSTER', 'SLOTS')) as SlotRange[];
    const ports = [...new Set(ranges.map(([, , [, port]]) => port))].sort((a, b) => a - b);
    const to = ports[(ports.indexOf(from) + 1) % ports.length] ?? from;
    const [fromId, toId] = [await this.idOf(from), await this.idOf(to)];
    await this.command(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await this.command(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const { password } = this.options;
    const login = password === undefined ? [] : ['AUTH', password];
    for (;;) {
      const keys = (await this.command(from, 'CLUSTER', 'GETKEYSINSLOT', slot, 10)) as string[];
      if (keys.length === 0) break;
      await this.command(from, 'MIGRATE', LOCAL, to, '', 0, 5_000, ...login, 'KEYS', ...keys);
    }
    for (const port of [to, from, ...ports.filter((other) => other !== to && other !== from)])
      await this.command(port, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    return to;
  }

  protected async isWhole(): Promise<boolean> {
    for (const { port } of this.servers) {
      const info = String(await this.command(port, 'CLUSTER', 'INFO'));
      const nodes = String(await this.command(port, 'CLUSTER', 'NODES'))
        .trim()
        .split('\n');
      if (!info.includes('cluster_state:ok') || nodes.length !== this.servers.length) return false;
      if (nodes.some((line) => /fail|handshake|noaddr| disconnected/.test(line))) return false;
      if (!(await this.isInStep(port))) return false;
    }
    const ranges = (await this.askAny('CLUSTER', 'SLOTS')) as SlotRange[];
    return ranges.every((range) => range.length >= 4);
  }

  private async join(): Promise<void> {
    const [first, ...others] = this.servers;
    if (!first) return;
    for (const [index, { port }] of this.servers.slice(0, 3).entries()) {
      const [from, to] = [Math.floor((16_384 * index) / 3), Math.floor((16_384 * (index + 1)) / 3) - 1];
      await this.command(port, 'CLUSTER', 'ADDSLOTSRANGE', from, to);
      await this.command(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    for (const { port } of others) {
      const bus = await this.busOf(port);
      await this.command(first.port, 'CLUSTER', 'MEET', LOCAL, port, bus);
    }
    const known = async (port: number): Promise<number> =>
      String(await this.command(port, 'CLUSTER', 'NODES'))
        .trim()
        .split('\n')
        .filter((line) => !/handshake/.test(line)).length;
    const everyone = async (): Promise<boolean> =>
      (await Promise.all(this.servers.map(({ port }) => known(port)))).every((count) => count === this.servers.length);
    await waitFor(everyone, { timeoutMs: READY_MS, what: 'the nodes to know each other' });
    for (const [index, { port }] of this.servers.slice(3).entries())
      await this.command(port, 'CLUSTER', 'REPLICATE', await this.idOf(this.servers[index]?.port ?? 0));
    await waitFor(() => this.isWhole(), { timeoutMs: READY_MS, what: 'the Cluster to be whole' });
  }

  private async idOf(port: number): Promise<string> {
    return String(await this.command(port, 'CLUSTER', 'MYID'));
  }

  private async busOf(port: number): Promise<number> {
    const [, bus] = (await this.command(port, 'CONFIG', 'GET', 'cluster-port')) as string[];
    return Number(bus);
  }

  private async askAny(...words: (string | number)[]): Promise<unknown> {
    const alive = this.servers.find((server) => server.process.running && !this.hung.has(server));
    return this.command(alive?.port ?? 0, ...words);
  }
}

type Node = [host: string, port: number, id: string];
type SlotRange = [from: number, to: number, primary: Node, ...replicas: Node[]];

export const startRedisSentinel = (options?: RedisGroupOptions): Promise<RedisSentinels> =>
  RedisSentinels.start(options);
export const startRedisCluster = (options?: RedisGroupOptions): Promise<RedisCluster> => RedisCluster.start(options);

function startSentinel(primaryPort: number, { password, binary }: RedisGroupOptions): Promise<RedisServer> {
  return startRedis({
    binary,
    asSentinel: {
      monitor: `${PRIMARY_NAME} ${LOCAL} ${primaryPort} 2`,
      'down-after-milliseconds': `${PRIMARY_NAME} ${DOWN_AFTER_MS}`,
      'failover-timeout': `${PRIMARY_NAME} 2000`,
      'parallel-syncs': `${PRIMARY_NAME} 2`,
      ...(password !== undefined && { 'auth-pass': `${PRIMARY_NAME} ${password}` }),
    },
  });
}
