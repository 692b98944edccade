/** How the servers behind `REDIS_URL` are arranged. */
export type RedisShape = 'single' | 'sentinel' | 'cluster';

export interface RedisAddress {
  host: string;
  port: number;
}

/** What a `REDIS_URL` says. */
export interface RedisTarget {
  shape: RedisShape;
  isTls: boolean;
  username?: string;
  password?: string;
  /** The server; or the sentinels; or some nodes of the Cluster, which name the others. */
  addresses: RedisAddress[];
  /** The sentinels' name of the primary. */
  primaryName?: string;
  /** Of the sentinels themselves. */
  sentinelPassword?: string;
  /** Number of the database; always 0 on a Cluster. */
  database: number;
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?(.*))?$/;
const SCHEMES = 'redis://, redis+sentinel:// or redis+cluster:// (with TLS: rediss…)';
const SENTINEL_PASSWORD = 'sentinelPassword';
const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const;

/**
 * Reads `redis[s]://[user:password@]host:port/database`, `redis[s]+sentinel://…@h1,h2,h3/primary/database` and
 * `redis[s]+cluster://…@h1,h2,h3`.
 *
 * @throws Error with what is wrong, as the end of a sentence; without the password
 */
export function parseRedisUrl(url: string): RedisTarget {
  const form = FORM.exec(url);
  if (!form) throw new Error(`must be a URL that starts with ${SCHEMES}`);
  const [, scheme, kind = 'single', login, hosts = '', path = '', query = ''] = form;
  const shape = kind as RedisShape;
  const parts = path.split('/').filter((part) => part !== '');
  const primaryName = shape === 'sentinel' ? parts.shift() : undefined;
  if (shape === 'sentinel' && (primaryName === undefined || /^\d+$/.test(primaryName)))
    throw new Error('must name the primary that the sentinels watch: redis+sentinel://h1:26379,h2:26379/mymaster');
  const database = Number(parts.shift() ?? 0);
  if (!Number.isInteger(database) || database < 0 || parts.length > 0)
    throw new Error('must end with the number of the database, or without one');
  if (shape === 'cluster' && database !== 0) throw new Error('names a database: a Cluster has only number 0');
  const sentinelPassword = new URLSearchParams(query).get(SENTINEL_PASSWORD) ?? undefined;
  return {
    shape,
    isTls: scheme === 'rediss',
    ...readLogin(login),
    addresses: readAddresses(hosts, shape),
    ...(primaryName !== undefined && { primaryName: decoded(primaryName) }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    database,
  };
}

/** Where the servers are, for messages: never the password. */
export function describeRedis(url: string): string {
  const { shape, addresses, primaryName } = parseRedisUrl(url);
  const where = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (shape === 'sentinel') return `the primary "${primaryName}" of the sentinels at ${where}`;
  return shape === 'cluster' ? `the Redis Cluster at ${where}` : `Redis at ${where}`;
}

/**
 * The one URL that says what the variables of other products say: `REDIS_SENTINEL_HOSTS` (hosts of the sentinels, separated by commas; the host
 * of `REDIS_URL` is then the primary's name), `REDIS_SENTINEL_PORT` and `REDIS_CLUSTER` (`REDIS_URL` names a node of a Cluster); and
 * `REDIS_SENTINEL_PASSWORD`.
 */
export function combineRedisUrl(
  url: string,
  read: (name: string) => string | undefined,
): { value: string } | { problem: string } {
  const sentinels = read('REDIS_SENTINEL_HOSTS');
  const isCluster = /^(true|1|yes|on)$/i.test(read('REDIS_CLUSTER') ?? '');
  if (sentinels === undefined && !isCluster) return { value: withSentinelPassword(url, read) };
  if (sentinels !== undefined && isCluster)
    return { problem: 'is for sentinels and for a Cluster at once: unset REDIS_SENTINEL_HOSTS or REDIS_CLUSTER' };
  const [, scheme, rest] = /^(rediss?):\/\/(.*)$/.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) {
    const variable = isCluster ? 'REDIS_CLUSTER' : 'REDIS_SENTINEL_HOSTS';
    return { problem: `must start with redis:// or rediss:// beside ${variable}; or unset ${variable}` };
  }
  if (isCluster) return { value: `${scheme}+cluster://${rest}` };
  const [, login = '', host = '', path = ''] = /^([^/]*@)?([^@/:?#]*)(?::\d*)?(?:\/([^?#]*))?/.exec(rest) ?? [];
  const port = read('REDIS_SENTINEL_PORT') ?? '26379';
  const hosts = (sentinels ?? '').split(',').flatMap((name) => name.trim() || []);
  const named = hosts.map((name) => (/:\d+$/.test(name) ? name : `${name}:${port}`));
  const value = `${scheme}+sentinel://${login}${named.join(',')}/${host || 'mymaster'}/${path}`;
  return { value: withSentinelPassword(value, read) };
}

function withSentinelPassword(url: string, read: (name: string) => string | undefined): string {
  const password = read('REDIS_SENTINEL_PASSWORD');
  if (password === undefined || !/^rediss?\+sentinel:/.test(url)) return url;
  return `${url}?${new URLSearchParams({ [SENTINEL_PASSWORD]: password }).toString()}`;
}

function readLogin(login: string | undefined): Pick<RedisTarget, 'username' | 'password'> {
  if (login === undefined) return {};
  const at = login.indexOf(':');
  const [username, password] = at < 0 ? [login, ''] : [login.slice(0, at), login.slice(at + 1)];
  return {
    ...(username !== '' && { username: decoded(username) }),
    ...(password !== '' && { password: decoded(password) }),
  };
}

/** A "%" that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readAddresses(hosts: string, shape: RedisShape): RedisAddress[] {
  const names = hosts.split(',');
  if (shape === 'single' && names.length > 1)
    throw new Error('names several servers: use redis+sentinel:// or redis+cluster://');
  return names.map((name) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]\s]*))(?::(\d+))?$/.exec(name.trim()) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined || (host === '' && shape !== 'single'))
      throw new Error(
        'must have hosts like h1:26379,h2:26379 after the login, and an escaped login (encodeURIComponent)',
      );
    const number = Number(port ?? PORTS[shape]);
    if (number > 65_535) throw new Error(`has the port ${number}: the highest is 65535`);
    return { host: host || '127.0.0.1', port: number };
  });
}
