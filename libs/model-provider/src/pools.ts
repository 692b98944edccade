import { type Dispatcher, interceptors, Pool } from 'undici';
import { proxied } from './proxy';

/** More origins than any installation has; it only bounds an admin's trials of addresses. */
const MAX_ORIGINS = 256;

interface Entry {
  pool: Dispatcher;
  isOver: () => boolean;
  dispatcher: Dispatcher;
}

/**
 * Idle connections are closed after this time, unless the server asks for less: a new one adds a handshake to the first token. A request on a
 * connection that the server closes at that moment is retried once.
 */
const KEEP_ALIVE_MS = 60_000;

const pools = new Map<string, Entry>();

/** The process's pool for an origin, through a proxy if there is one: connections are kept and shared by all providers and calls. */
export function poolFor(origin: string, connectTimeoutMs: number): Dispatcher {
  const key = `${origin} ${connectTimeoutMs}`;
  const known = pools.get(key);
  if (known && !known.isOver()) return known.dispatcher;
  const options = {
    connect: { timeout: connectTimeoutMs },
    // The stream itself implements the time-outs: undici's count bytes, ours count tokens.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    pipelining: 1,
    connections: null,
  };
  const entry = openPool(origin, options);
  const dispatcher = entry.pool.compose(decompression());
  pools.set(key, { ...entry, dispatcher });
  if (pools.size > MAX_ORIGINS) {
    const [oldestKey, oldest] = pools.entries().next().value!;
    pools.delete(oldestKey);
    void oldest.pool.close();
  }
  return dispatcher;
}

/** Some servers compress without being asked, errors too. */
function decompression(): Dispatcher.DispatcherComposeInterceptor {
  const { emitWarning } = process;
  // Of undici, whose version is pinned: an operator can do nothing about it.
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).startsWith('DecompressInterceptor is experimental')) return;
    (emitWarning as (...all: unknown[]) => void).call(process, warning, ...rest);
  };
  try {
    return interceptors.decompress({ skipErrorResponses: false });
  } finally {
    process.emitWarning = emitWarning;
  }
}

const CONNECT_MS = 10_000;

/** The connections to the server at this base URL, for requests that no provider makes. */
export const connectionPool = (baseUrl: string): Dispatcher => poolFor(new URL(baseUrl).origin, CONNECT_MS);

function openPool(origin: string, options: Pool.Options): Pick<Entry, 'pool' | 'isOver'> {
  const agent = proxied(origin, options);
  // It is only closed after it was taken out of the map.
  if (agent) return { pool: agent, isOver: () => false };
  const pool = new Pool(origin, options);
  return { pool, isOver: () => pool.closed || pool.destroyed };
}

/** Closes all connections, idle and busy; for the end of a process and for tests. */
export async function closeProviderPools(): Promise<void> {
  const all = [...pools.values()];
  pools.clear();
  await Promise.all(all.map(({ pool }) => pool.destroy()));
}
