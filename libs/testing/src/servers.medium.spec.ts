import { existsSync } from 'node:fs';
import { processExists } from '@perennial/local-runtime/servers';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import {
  freshDatabase,
  missingServer,
  pgvectorFiles,
  postgresUrl,
  qdrantBinary,
  redisUrl,
  startPostgres,
  startQdrant,
  startRedis,
} from './index';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the servers of the global setup', () => {
  it('answers SQL in a database of its own', async () => {
    const url = await freshDatabase('suite');
    expect(url).not.toBe(postgresUrl());
    expect(await query(url, 'SELECT 1 + 1 AS two')).toEqual([{ two: 2 }]);
  });

  it('provides a Redis', () => {
    expect(redisUrl()).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('startPostgres', () => {
  it('keeps its data over kill -9 and removes its temporary directory when it stops', async () => {
    const server = await startPostgres({ database: 'kept' });
    try {
      await query(server.url, 'CREATE TABLE t AS SELECT 7 AS n');
      await server.kill();
      await server.restart();
      expect(await query(server.url, 'SELECT n FROM t')).toEqual([{ n: 7 }]);
    } finally {
      await server.stop();
    }
    expect(existsSync(server.dataDir)).toBe(false);
  });

  it('starts again although a session of the killed one has not noticed that', async () => {
    const server = await startPostgres();
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const session = rows[0]!.pid;
    process.kill(session, 'SIGSTOP');
    await server.kill();
    await server.start();
    expect(await processExists(session)).toBe(false);
    await server.stop();
  });
});

describe('startRedis', () => {
  it('requires its password, and restarts empty with restartEmpty', async () => {
    const server = await startRedis({ password: 'secret' });
    const { Redis } = await import('ioredis');
    const redis = new Redis(server.url);
    redis.on('error', () => undefined);
    try {
      await redis.set('key', 'value');
      expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
      await server.restartEmpty();
      expect(await redis.get('key')).toBeNull();
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });
});

const withoutPgvector = await missingServer('Postgres with pgvector', () => pgvectorFiles());

describe('startPostgres with pgvector', () => {
  it.skipIf(withoutPgvector)('offers the extension', async () => {
    const server = await startPostgres({ pgvector: await pgvectorFiles() });
    try {
      await query(server.url, 'CREATE EXTENSION vector');
      expect(await query(server.url, `SELECT '[1,0]'::vector <=> '[0,1]' AS distance`)).toEqual([{ distance: 1 }]);
    } finally {
      await server.stop();
    }
  });
});

const withoutQdrant = await missingServer('Qdrant', () => qdrantBinary());

describe('startQdrant', () => {
  it.skipIf(withoutQdrant)('requires its API key, and removes its temporary directory when it stops', async () => {
    const server = await startQdrant({ apiKey: 'secret' });
    try {
      expect((await fetch(`${server.url}/collections`)).status).toBe(401);
      expect((await fetch(`${server.url}/collections`, { headers: { 'api-key': 'secret' } })).status).toBe(200);
    } finally {
      await server.stop();
    }
  });
});
