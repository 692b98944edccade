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
  /** All servers also speak TLS with it, and only TLS to each other. */
  certificate?: Certificate;
  /** The program of all servers, also of the sentinels. */
  binary?: string;
}

/** Several real servers that replace one of them when it dies. */
export abstract class RedisGroup {
  protected readonly hung = new Set<RedisServer>();

  protected constructor(
    readonly servers: readonly RedisServer[],
    /** Ports with TLS by those without; empty without a certificate. */
    protected readonly tlsPorts: ReadonlyMap<number, number>,
    private readonly password: string | undefined,
  ) {}

  /** `REDIS_URL` of the group. */
  get url(): string {
    return `redis${this.placeFor(this.login, (port) => port)}`;
  }

  /** The same with TLS. */
  get secureUrl(): string {
    return `rediss${this.placeFor(this.login, (port) => this.tlsPorts.get(port) ?? port)}`;
  }

  /** The same for another user. */
  urlAs(user: string, password: string): string {
    return `redis${this.placeFor(`${user}:${encodeURIComponent(password)}@`, (port) => port)}`;
  }

  /** The port of a server that takes writes now: of the slot of a key, on a Cluster. */
  abstract primaryPort(key?: string): Promise<number>;

  /** The ports of all servers that take writes now. */
  abstract primaryPorts(): Promise<number[]>;

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

  /** `REDIS_URL` after its first word. */
  protected abstract placeFor(login: string, toPort: (port: number) => number): string;

  /** A server that was replaced is back. */
  protected returned(_server: RedisServer): Promise<void> {
    return Promise.resolve();
  }

  /** Whether a failover of any primary would find a replica. */
  protected abstract isWhole(): Promise<boolean>;

  private get login(): string {
    return this.password === undefined ? '' : `:${encodeURIComponent(this.password)}@`;
  }

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
    tlsPorts: ReadonlyMap<number, number>,
    options: RedisGroupOptions,
  ) {
    super(servers, tlsPorts, options.password);
  }

  static async start(options: RedisGroupOptions = {}): Promise<RedisSentinels> {
    const { password } = options;
    const tls = new TlsPorts(options.certificate);
    const login: Record<string, string> = password === undefined ? {} : { masterauth: password };
    const start = (replicaOf?: number) =>
      tls.start((settings) =>
        startRedis({
          password,
          binary: options.binary,
          settings: {
            ...{ ...login, ...settings },
            ...(replicaOf !== undefined && { replicaof: `${LOCAL} ${replicaOf}` }),
            ...options.settings,
          },
        }),
      );
    const primary = await start();
    const primaryPort = tls.ports.get(primary.port) ?? primary.port;
    const replicas = await Promise.all([start(primaryPort), start(primaryPort)]);
    const sentinels = await Promise.all(
      Array.from({ length: 3 }, () => tls.start((settings) => startSentinel(primaryPort, settings, options))),
    );
    const group = new RedisSentinels([primary, ...replicas], sentinels, tls.ports, options);
    await waitFor(() => group.isWhole(), { timeoutMs: READY_MS, what: 'the sentinels to know each other' });
    return group;
  }

  protected placeFor(login: string, toPort: (port: number) => number): string {
    const addresses = this.sentinels.map(({ port }) => `${LOCAL}:${toPort(port)}`);
    return `+sentinel://${login}${addresses.join(',')}/${PRIMARY_NAME}`;
  }

  async primaryPort(): Promise<number> {
    const named = await this.namedPort();
    const plain = this.servers.find(({ port }) => this.tlsPorts.get(port) === named);
    return plain?.port ?? named;
  }

  async primaryPorts(): Promise<number[]> {
    return [await this.primaryPort()];
  }

  /** The sentinels would make it a replica only after some seconds. */
  protected override async returned(server: RedisServer): Promise<void> {
    if ((await this.primaryPort()) !== server.port)
      await this.command(server.port, 'REPLICAOF', LOCAL, await this.namedPort());
  }

  override async stop(): Promise<void> {
    await Promise.all(this.sentinels.map((sentinel) => sentinel.stop()));
    await super.stop();
  }

  protected async isWhole(): Promise<boolean> {
    const primary = await this.namedPort();
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

  /** As the sentinels name the primary: with a certificate its port with TLS. */
  private async namedPort(): Promise<number> {
    const [sentinel] = this.sentinels;
    const address = await this.ask(sentinel?.port ?? 0, 'get-master-addr-by-name');
    return Number((address as string[])[1]);
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
    tlsPorts: ReadonlyMap<number, number>,
    private readonly options: RedisGroupOptions,
  ) {
    super(servers, tlsPorts, options.password);
  }

  static async start(options: RedisGroupOptions = {}): Promise<RedisCluster> {
    const { password } = options;
    const tls = new TlsPorts(options.certificate);
    const start = async (settings: Record<string, string>): Promise<RedisServer> => {
      const bus = await freePort();
      return startRedis({
        password,
        binary: options.binary,
        settings: {
          ...settings,
          ...{ 'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf', 'cluster-port': String(bus) },
          ...{ 'cluster-node-timeout': String(NODE_TIMEOUT_MS), 'cluster-replica-validity-factor': '0' },
          // A shard that is away does not make the others refuse.
          'cluster-require-full-coverage': 'no',
          ...(password !== undefined && { masterauth: password }),
          // Otherwise nodes name their plain ports to everybody.
          ...(options.certificate && { 'tls-cluster': 'yes' }),
          ...options.settings,
        },
      });
    };
    const servers = await Promise.all(Array.from({ length: 6 }, () => tls.start(start)));
    const cluster = new RedisCluster(servers, tls.ports, options);
    await cluster.join();
    return cluster;
  }

  protected placeFor(login: string, toPort: (port: number) => number): string {
    return `+cluster://${login}${this.servers.map(({ port }) => `${LOCAL}:${toPort(port)}`).join(',')}`;
  }

  async primaryPort(key = ''): Promise<number> {
    const slot = Number(await this.askAny('CLUSTER', 'KEYSLOT', key));
    for (const [from, to, [, port]] of await this.ranges()) if (from <= slot && slot <= to) return port;
    throw new Error(`no server has slot ${slot}`);
  }

  async primaryPorts(): Promise<number[]> {
    const ports = (await this.ranges()).map(([, , [, port]]) => port);
    return [...new Set(ports)].sort((a, b) => a - b);
  }

  /** A primary and its replicas. */
  async shardOf(primaryPort: number): Promise<RedisServer[]> {
    const [, , ...nodes] = (await this.ranges()).find(([, , [, port]]) => port === primaryPort) ?? [];
    return nodes.map(([, port]) => this.server(port));
  }

  /** Moves the slot of a key to the next primary, with the keys in it, as `redis-cli --cluster reshard` does. Returns the new port. */
  async moveSlot(key: string): Promise<number> {
    const slot = Number(await this.askAny('CLUSTER', 'KEYSLOT', key));
    const from = await this.primaryPort(key);
    const ports = await this.primaryPorts();
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
    return (await this.ranges()).every((range) => range.length >= 4);
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

  private async ranges(): Promise<SlotRange[]> {
    return (await this.askAny('CLUSTER', 'SLOTS')) as SlotRange[];
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

/** Second ports of servers, for TLS. Their replication, and the sentinels' questions, take these. */
class TlsPorts {
  /** By the plain port. */
  readonly ports = new Map<number, number>();

  constructor(private readonly certificate: Certificate | undefined) {}

  async start(start: (settings: Record<string, string>) => Promise<RedisServer>): Promise<RedisServer> {
    if (!this.certificate) return start({});
    const port = await freePort();
    const server = await start({ ...redisTls(this.certificate, port), 'tls-replication': 'yes' });
    this.ports.set(server.port, port);
    return server;
  }
}

function startSentinel(
  primaryPort: number,
  settings: Record<string, string>,
  { password, binary }: RedisGroupOptions,
): Promise<RedisServer> {
  return startRedis({
    ...{ binary, settings },
    asSentinel: {
      monitor: `${PRIMARY_NAME} ${LOCAL} ${primaryPort} 2`,
      'down-after-milliseconds': `${PRIMARY_NAME} ${DOWN_AFTER_MS}`,
      'failover-timeout': `${PRIMARY_NAME} 2000`,
      'parallel-syncs': `${PRIMARY_NAME} 2`,
      ...(password !== undefined && { 'auth-pass': `${PRIMARY_NAME} ${password}` }),
    },
  });
}
