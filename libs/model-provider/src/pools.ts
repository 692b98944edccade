import { Pool } from 'undici';

/** More origins than any installation has; the bound only keeps an admin's trials of addresses from piling up. */
const MAX_ORIGINS = 256;

const pools = new Map<string, Pool>();

/** The process's pool for an origin: connections are kept and shared by all providers and calls. */
export function poolFor(origin: string, connectTimeoutMs: number): Pool {
  const key = `${origin} ${connectTimeoutMs}`;
  let pool = pools.get(key);
  if (pool && !pool.closed && !pool.destroyed) return pool;
  pool = new Pool(origin, {
    connect: { timeout: connectTimeoutMs },
    // The time-outs of an answer are kept by the stream itself: undici's count bytes, ours count tokens.
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 1,
    connections: null,
  });
  pools.set(key, pool);
  if (pools.size > MAX_ORIGINS) {
    const [oldestKey, oldest] = pools.entries().next().value!;
    pools.delete(oldestKey);
    void oldest.close();
  }
  return pool;
}

/** Closes every idle connection and cuts the busy ones; for the end of a process and for tests. */
export async function closeProviderPools(): Promise<void> {
  const all = [...pools.values()];
  pools.clear();
  await Promise.all(all.map((pool) => pool.destroy()));
}
