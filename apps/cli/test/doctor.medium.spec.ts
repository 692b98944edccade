import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshDatabase, missingServer, type RedisServer, startRedis } from '@perennial/testing';
import { pgbouncerBinary, startPgBouncer } from '@perennial/testing/servers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation, type Outcome, runProgram } from './installation';

const noPooler = await missingServer('PgBouncer', pgbouncerBinary);

interface Finding {
  check: string;
  level: 'ok' | 'warning' | 'failed';
  found: string;
  remedy?: string;
}

const toFindings = ({ stdout, stderr }: Outcome): Finding[] => {
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as { findings: Finding[] }).findings;
};

/** Real: the built command line, Postgres, a Redis of its own, LanceDB and blobs in a directory, the built config service. */
describe('perennial doctor', () => {
  let here: Installation;
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ persistent: true, settings: { 'maxmemory-policy': 'noeviction', maxmemory: '100mb' } });
    here = await Installation.create({ REDIS_URL: redis.url });
    await here.json('migrate');
    await here.start('config');
    const set = {
      enabled: true,
      connections: [{ url: 'http://127.0.0.1:1/v1', key: 'sk-key-of-a-provider', config: {} }],
    };
    await here.run(['settings', 'set', 'connections.openai'], JSON.stringify(set));
  }, 120_000);
  afterAll(async () => {
    await here.stop();
    await redis.stop();
  });

  it('finds nothing to mend in what is right, and a model server that is away', async () => {
    const outcome = await here.run(['doctor', '--json']);
    const findings = toFindings(outcome);
    const failed = findings.filter(({ level }) => level === 'failed');
    expect(failed).toEqual([
      expect.objectContaining({
        check: 'models 127.0.0.1:1',
        remedy: 'Start that server, or correct the address and the key of the connection.',
      }),
    ]);
    expect(outcome.code).toBe(1);
    for (const check of [
      'node',
      'disk',
      'variables',
      'secret key',
      'postgres',
      'schema chat',
      'stored secrets',
      'redis',
      'redis eviction',
    ])
      expect(findings).toContainEqual(expect.objectContaining({ check, level: 'ok' }));
    for (const check of [
      'redis persistence',
      'redis memory',
      'postgres clock',
      'redis clock',
      'blob store',
      'vector store',
      'service config',
    ])
      expect(findings).toContainEqual(expect.objectContaining({ check, level: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'service auth', level: 'warning' }));
    const shown = await here.inside(['doctor']);
    expect(shown).toMatchObject({ code: 1, stderr: '' });
    expect(shown.stdout).toMatch(/\d+ ok, \d+ warnings, 1 failed/);
    expect(JSON.stringify([outcome, shown])).not.toMatch(new RegExp(`${here.env['SECRET_KEY']}|sk-key-of-a-provider`));
  }, 60_000);

  /** What is planted, and the check that must fail with this sentence. */
  const PLANTED: [string, () => Promise<Record<string, string>> | Record<string, string>, string, string][] = [
    ['a wrong password of Postgres', () => ({ DATABASE_URL: withPassword('wrong') }), 'postgres', 'The user or the password of DATABASE_URL is wrong.'],
    ['a Postgres that does not run', () => ({ DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x' }), 'postgres', 'Nothing listens at that address. Start the server, or correct the address.'],
    ['a database without schemas', async () => ({ DATABASE_URL: await freshDatabase('empty') }), 'schema auth', 'Run `perennial migrate`.'],
    ['another SECRET_KEY', () => ({ SECRET_KEY: 'b0f1c2d3e4a5968778695a4b3c2d1e0f' }), 'stored secrets', 'Put the SECRET_KEY back under which they were stored, or give it as SECRET_KEY_SECOND, or enter these keys again on the page of the administrator.'],
    ['a weak SECRET_KEY', () => ({ SECRET_KEY: 'changeme' }), 'secret key', 'Put the output of `openssl rand -hex 32` there before anything is stored, the same for all services.'],
    ['a Redis that does not run', () => ({ REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }), 'redis', 'Redis at 127.0.0.1:1 does not answer or refuses the password. Check REDIS_URL, and that Redis runs.'],
    ['a directory that cannot be written', fileAsDirectory, 'blob store', 'Make DATA_DIR a directory that the user of this process may write.'],
    ['a Qdrant that does not run', () => ({ VECTOR_DB: 'qdrant', QDRANT_URI: 'http://127.0.0.1:1' }), 'vector store', 'Start Qdrant, and check QDRANT_URI and QDRANT_API_KEY.'],
    ['a Chroma that does not run', () => ({ VECTOR_DB: 'chroma', CHROMA_HTTP_HOST: '127.0.0.1', CHROMA_HTTP_PORT: '1', CHROMA_CLIENT_AUTH_CREDENTIALS: 'hunter2' }), 'vector store', 'Start Chroma, and check CHROMA_HTTP_HOST, CHROMA_HTTP_PORT and CHROMA_CLIENT_AUTH_CREDENTIALS.'],
    ['an OpenSearch that does not run', () => ({ VECTOR_DB: 'opensearch', OPENSEARCH_URI: 'https://127.0.0.1:1', OPENSEARCH_USERNAME: 'me', OPENSEARCH_PASSWORD: 'hunter2' }), 'vector store', 'Start OpenSearch, and check OPENSEARCH_URI, OPENSEARCH_USERNAME, OPENSEARCH_PASSWORD and OPENSEARCH_CERT_VERIFY.'],
    ['a Milvus that does not run', () => ({ VECTOR_DB: 'milvus', MILVUS_URI: 'http://127.0.0.1:1', MILVUS_TOKEN: 'root:hunter2' }), 'vector store', 'Start Milvus, and check MILVUS_URI, MILVUS_TOKEN and MILVUS_DB.'],
    ['a bucket that nobody serves', () => ({ STORAGE_PROVIDER: 's3', S3_BUCKET_NAME: 'b', S3_ENDPOINT_URL: 'http://127.0.0.1:1', S3_ACCESS_KEY_ID: 'k', S3_SECRET_ACCESS_KEY: 's' }), 'blob store', 'Check S3_ENDPOINT_URL, S3_BUCKET_NAME and the rights of the access key.'],
    ['a variable that is no number', () => ({ MAX_RUN_SECONDS: 'an hour' }), 'variable MAX_RUN_SECONDS', 'Correct it: Seconds from the first claim to the end of an answer; one that takes longer fails and may be retried. Put there: 3600'],
    ['a variable that is missing beside another', () => ({ STORAGE_PROVIDER: 's3' }), 'variable S3_BUCKET_NAME', 'Correct it: The bucket; it has to exist. Needed with `STORAGE_PROVIDER=s3`. Put there: perennial'],
  ]; // prettier-ignore

  it.each(PLANTED)(
    'sees %s',
    async (_, plant, check, remedy) => {
      const outcome = await here.inside(['doctor', '--json'], await plant());
      expect(outcome.code).toBe(1);
      expect(toFindings(outcome)).toContainEqual(expect.objectContaining({ check, level: 'failed', remedy }));
      expect(JSON.stringify(outcome)).not.toContain('hunter2');
    },
    60_000,
  );

  it('sees stores of a placement that are away, and processes that do not know it', async () => {
    const { DATA_DIR } = await fileAsDirectory();
    const vectors = { VECTOR_DB: 'qdrant', QDRANT_URI: 'http://127.0.0.1:1' };
    const PLACEMENTS = JSON.stringify({ eu: { blobs: { DATA_DIR }, vectors, connections: [] } });
    const findings = toFindings(await here.inside(['doctor', '--json'], { PLACEMENTS }));
    const remedy = 'Give every process, and this command, the same PLACEMENTS, and restart those named.';
    for (const finding of [
      { check: 'blob store', level: 'ok' },
      { check: 'vector store', level: 'ok' },
      { check: 'blob store eu', level: 'failed' },
      { check: 'vector store eu', level: 'failed' },
      { check: 'placement eu', level: 'failed', found: 'config-1 does not know it', remedy },
    ])
      expect(findings).toContainEqual(expect.objectContaining(finding));
  }, 60_000);

  it('sees a move of files that nobody continues, and stores that are not declared', async () => {
    const client = new pg.Client({ connectionString: here.env['DATABASE_URL'] });
    await client.connect();
    const choose = (phase: string, active: string, other: string | null) =>
      client.query('UPDATE retrieval.blob_stores SET version = version + 1, phase = $1, active = $2, other = $3', [
        phase,
        active,
        other,
      ]);
    const seen = async (changes: Record<string, string> = {}): Promise<Finding | undefined> =>
      toFindings(await here.inside(['doctor', '--json'], changes)).find(({ check }) => check === 'move of files');
    try {
      expect(await seen()).toMatchObject({ level: 'ok', found: 'The files are in "default".' });
      await choose('copying', 'default', 'archive');
      expect(await seen()).toMatchObject({ level: 'failed', found: expect.stringContaining('"archive"') as string });
      const BLOB_STORES = JSON.stringify({ archive: { DATA_DIR: here.env['DATA_DIR'] } });
      expect(await seen({ BLOB_STORES })).toMatchObject({
        level: 'warning',
        remedy: expect.stringContaining('Go on with `perennial blobs migrate --to archive`') as string,
      });
      await client.query(
        `INSERT INTO retrieval.indexes (collection, store, model, dimension, embedding, state) VALUES ('c', 'gone', 'm', 3, '{}', 'active')`,
      );
      const findings = toFindings(await here.inside(['doctor', '--json']));
      expect(findings).toContainEqual(expect.objectContaining({ check: 'active vector store', level: 'failed' }));
    } finally {
      await client.query('DELETE FROM retrieval.indexes');
      await choose('settled', 'default', null);
      await client.end();
    }
  }, 60_000);

  it('sees a Redis that evicts, and finds nothing wrong with one that keeps nothing on disk', async () => {
    const bad = await startRedis({ settings: { 'maxmemory-policy': 'allkeys-lru' } });
    try {
      const findings = toFindings(await here.inside(['doctor', '--json'], { REDIS_URL: bad.url }));
      expect(findings).toContainEqual({
        check: 'redis eviction',
        level: 'failed',
        found: 'maxmemory-policy is allkeys-lru',
        remedy: 'Set maxmemory-policy to noeviction: otherwise a full Redis drops calls and running answers.',
      });
      expect(findings).toContainEqual(expect.objectContaining({ check: 'redis persistence', level: 'ok' }));
    } finally {
      await bad.stop();
    }
  }, 60_000);

  it.skipIf(noPooler !== undefined)(
    'sees a pooler that the services do not know of',
    async () => {
      const direct = here.env['DATABASE_URL'] ?? '';
      const pooler = await startPgBouncer({ upstream: direct, poolSize: 2 });
      const seen = async (changes: Record<string, string>): Promise<Finding | undefined> =>
        toFindings(await here.inside(['doctor', '--json'], changes)).find(({ check }) => check === 'postgres pooler');
      try {
        expect(await seen({})).toBeUndefined();
        expect(await seen({ DATABASE_URL: pooler.url })).toMatchObject({
          level: 'failed',
          found: 'DATABASE_URL leads to a pooler such as PgBouncer',
          remedy: 'Set DATABASE_POOLER=transaction, and DATABASE_DIRECT_URL to the address of Postgres itself.',
        });
        const known = { DATABASE_URL: pooler.url, DATABASE_POOLER: 'transaction' };
        expect(await seen(known)).toMatchObject({
          level: 'failed',
          found: 'DATABASE_POOLER is set without DATABASE_DIRECT_URL',
        });
        expect(await seen({ ...known, DATABASE_DIRECT_URL: direct })).toMatchObject({ level: 'ok' });
      } finally {
        await pooler.stop();
      }
    },
    60_000,
  );

  it('sees more connections than Postgres allows', async () => {
    const connections = async (size: string): Promise<Finding | undefined> =>
      toFindings(await here.inside(['doctor', '--json'], { DATABASE_POOL_SIZE: size })).find(
        ({ check }) => check === 'postgres connections',
      );
    expect(await connections('5')).toMatchObject({
      level: 'ok',
      found: expect.stringMatching(/^1 processes may open 5 connections; Postgres allows \d+$/) as string,
    });
    expect(await connections('400')).toMatchObject({
      level: 'warning',
      found: expect.stringMatching(/^1 processes may open 400 connections/) as string,
      remedy: 'Raise max_connections to 413 or more, lower DATABASE_POOL_SIZE, or use a pooler.',
    });
  }, 60_000);

  it('sees a limit of open files that is too low', async () => {
    const limited = ['-c', `ulimit -n 512; exec ${process.execPath} ${here.program} doctor --json`];
    const findings = toFindings(await runProgram('/bin/sh', limited, '', here.env));
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'open files',
        level: 'failed',
        found: '512 open files are allowed',
        remedy: 'Raise the limit to 4096 or more (ulimit -n, LimitNOFILE, or ulimits of the container).',
      }),
    );
  }, 60_000);

  it('sees a database that a newer version has migrated, and into which a restore was aborted', async () => {
    const client = new pg.Client({ connectionString: here.env['DATABASE_URL'] });
    await client.connect();
    await client.query(`INSERT INTO chat.migrations (timestamp, name) VALUES (1999999999999, 'Later1999999999999')`);
    await client.query('CREATE SCHEMA restoring_chat');
    const findings = toFindings(await here.inside(['doctor', '--json']));
    await client.query(`DELETE FROM chat.migrations WHERE name = 'Later1999999999999'`);
    await client.query('DROP SCHEMA restoring_chat');
    await client.end();
    expect(findings).toContainEqual({
      check: 'restore',
      level: 'warning',
      found: 'a restore was aborted, or is under way: its schemas are restoring_chat',
      remedy: 'Wait for its end, run it again, or drop what it left: DROP SCHEMA restoring_chat CASCADE.',
    });
    expect(findings).toContainEqual({
      check: 'schema chat',
      level: 'warning',
      found: '1 migrations are of a newer version',
      remedy: 'Finish the upgrade, or run the `perennial` of the newer version.',
    });
  }, 60_000);

  function withPassword(password: string): string {
    const url = new URL(here.env['DATABASE_URL'] ?? '');
    url.password = password;
    return url.href;
  }

  async function fileAsDirectory(): Promise<Record<string, string>> {
    await mkdir(here.dataDir, { recursive: true });
    const path = join(here.dataDir, 'a-file');
    await writeFile(path, '');
    return { DATA_DIR: join(path, 'data') };
  }
});
