/** The servers of one Postgres database: one of them is the primary. */
export interface DatabaseServers {
  /** One connection string per server, without what only this library reads. */
  urls: [string, ...string[]];
  /** Whether the primary must be looked for: several servers, or `target_session_attrs`. */
  searched: boolean;
}

const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)([^?#]*)(?:\?([^#]*))?$/;
const WRITABLE = ['read-write', 'primary'];

/**
 * Reads libpq's form for several servers, `postgres://user:password@one:5432,two:5432/db?target_session_attrs=read-write`, which neither `URL`
 * nor node-postgres knows. All servers have the same user, password and database.
 *
 * @throws Error that says what is wrong, without the password
 */
export function databaseServers(url: string): DatabaseServers {
  const [, head = '', hosts = '', path = '', query = ''] = PARTS.exec(url) ?? [];
  if (head === '') throw new Error('must be a URL that starts with postgres:// or postgresql://');
  const params = new URLSearchParams(query);
  const attrs = params.get('target_session_attrs');
  if (attrs !== null && !WRITABLE.includes(attrs))
    throw new Error(`has target_session_attrs=${attrs}; every service writes: leave it out, or use read-write`);
  params.delete('target_session_attrs');
  const rest = path + (params.size > 0 ? `?${params}` : '');
  const names = hosts.split(',');
  if (names.length > 1 && names.includes('')) throw new Error('has an empty server in its list');
  const [first = '', ...others] = names.map((host) => {
    const single = `${head}${host}${rest}`;
    if (!URL.canParse(single)) throw new Error(`has a server that cannot be read: "${host}"`);
    return single;
  });
  if (others.length === 0 && attrs === null) return { urls: [url], searched: false };
  return { urls: [first, ...others], searched: true };
}

/** `host:port` of one server, for logs: nothing of it is secret. */
export function serverName(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? '5432' : port}`;
}
