import {
  pgvectorFiles,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@perennial/local-runtime/servers';
import { missingServer } from '@perennial/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BuiltImages } from './built-images';
import { containerEngine, type Engine } from './engine';

/** Real: buildah, runc, the built services, Postgres, Redis. Not real: the base image, which is Node and its libraries alone. */
const NAMES = ['auth', 'chat', 'config', 'retrieval', 'retrieval-lancedb'];

let engine: Engine;
let images: BuiltImages | undefined;
let redis: RedisServer | undefined;
let postgres: PostgresServer | undefined;

const missing = await missingServer('all images', async () => (engine = await containerEngine()));

describe.skipIf(missing !== undefined)('all images but the gateway', () => {
  beforeAll(async () => {
    const pgvector = await pgvectorFiles();
    [redis, postgres, images] = await Promise.all([
      startRedis({}),
      startPostgres({ pgvector }),
      BuiltImages.build(engine, NAMES),
    ]);
    images.addSecret('redis_url', redis.url);
    images.addSecret('database_url', postgres.url);
  }, 600_000);
  afterEach(() => images?.removeContainers());
  afterAll(async () => {
    await Promise.all([redis?.stop(), postgres?.stop()]);
  });

  it.each([
    ['auth', {}],
    ['chat', {}],
    ['config', {}],
    ['retrieval', { VECTOR_DB: 'pgvector' }],
    ['retrieval-lancedb', { VECTOR_DB: 'lancedb' }],
  ])('%s gets healthy and leaves in order', async (name, env) => {
    const container = await images!.start(name, env);
    await container.untilHealthy();
    await container.signal('SIGTERM');
    expect(await container.exitCode()).toBe(0);
  });

  it('retrieval without LanceDB says which image has it', async () => {
    const container = await images!.start('retrieval', { VECTOR_DB: 'lancedb' });
    expect(await container.exitCode()).toBe(1);
    expect(await container.logs()).toContain('use the image retrieval-lancedb');
  });
});
