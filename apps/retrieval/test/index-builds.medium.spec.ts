import { randomUUID } from 'node:crypto';
import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { freshDatabase } from '@perennial/testing';
import { type CollectionInfo, type VectorStore, VectorStores } from '@perennial/vector-store';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EmbeddingGateway } from '../src/embedding/embedding-gateway';
import { retrievalMigrations } from '../src/migrations';
import { BuildsRepository } from '../src/search-index/builds.repository';
import { IndexCatalog, type VectorIndex } from '../src/search-index/index-catalog';
import { IndexComparison } from '../src/search-index/index-comparison';
import { IndexRegistry } from '../src/search-index/index-registry';
import { MovesRepository } from '../src/search-index/moves.repository';
import type { KeySeal } from '../src/settings/key-seal';
import type { SealedEmbedding } from '../src/settings/settings';
import type { SettingsKeeper } from '../src/settings/settings-keeper';

const PLACES = 200;
const embedding = {} as SealedEmbedding;

/** Real: Postgres, the repositories, the registry. Not real: the store, which makes a collection when the test lets it. */
describe('an index that is built in another store', () => {
  const runtime = new Runtime({ name: 'retrieval', logLevel: 'fatal' });
  let dataSource: DataSource;
  let database: Database;
  let catalog: IndexCatalog;
  let builds: BuildsRepository;
  let index: VectorIndex;

  beforeAll(async () => {
    dataSource = await openDataSource(
      { url: await freshDatabase('index_builds'), schema: 'retrieval', migrations: retrievalMigrations, poolSize: 4 },
      runtime.log,
    );
    database = new Database(poolFrom(dataSource), runtime.metrics);
    catalog = new IndexCatalog(database);
    builds = new BuildsRepository(database);
  });
  afterAll(() => dataSource?.destroy());
  beforeEach(async () => {
    await database.execute('TRUNCATE files, indexes, index_builds CASCADE');
    index = await catalog.addBuilding(database, { store: 'slow', model: 'm', dimension: 2, embedding });
    await database.execute(
      `WITH f AS (INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, live_generation, state)
                  SELECT gen_random_uuid(), gen_random_uuid(), '', 'text/plain', 1, '', '', 1, 'completed' FROM generate_series(1, $2::int) RETURNING id),
            p AS (INSERT INTO placements (file_id, scope) SELECT id, id FROM f RETURNING file_id, scope),
            c AS (INSERT INTO chunks (file_id, generation, ordinal, text, start_offset, end_offset, hash)
                  SELECT id, 1, n, '', 0, 0, '' FROM f, generate_series(0, 3) n)
       INSERT INTO indexed (index_id, file_id, scope, generation) SELECT $1::uuid, file_id, scope, 1 FROM p`,
      [index.id, PLACES],
    );
  });
  const count = async (from: string): Promise<number> =>
    (await database.first<{ count: number }>(`SELECT count(*)::int AS count FROM ${from}`))!.count;

  it('has its collection made by a store that takes its time, for two processes at once, while no transaction is open', async () => {
    const made: CollectionInfo[] = [];
    const waiting: (() => void)[] = [];
    const slow = {
      listCollections: async () => made,
      ensureCollection: async (name: string, { dimension }: { dimension: number }) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        made.push({ name, dimension });
      },
    } as unknown as VectorStore;
    const registry = (): IndexRegistry =>
      new IndexRegistry(
        catalog,
        {} as SettingsKeeper,
        {} as EmbeddingGateway,
        {} as KeySeal,
        new VectorStores({ named: new Map([['slow', slow]]), ownName: 'slow' }),
        runtime,
      );
    const processes = [registry(), registry()];
    const making = processes.map((one) => one.ensureCollection(index));
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    expect(
      await count(`pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`),
    ).toBe(0);
    // What the records say is not there; a process that dies now leaves none of them.
    expect(await count('indexed')).toBe(0);
    for (const go of waiting) go();
    await Promise.all(making);
    expect(made.map(({ name }) => name)).toEqual([index.collection, index.collection]);
    await Promise.all(processes.map((one) => one.ensureCollection(index)));
    expect(made).toHaveLength(2);
  });

  it('is built by this version only: the previous one knows no other store than its own', async () => {
    /** As the previous version claims a build. */
    const previously = () =>
      database.execute(
        `UPDATE index_builds SET owner = $1, lease_until = now() + interval '6 seconds'
          WHERE (owner IS NULL OR lease_until < now()) AND not_before <= now()`,
        [randomUUID()],
      );
    const moves = new MovesRepository(database);
    const move = { store: 'slow', pointsPerSecond: null, minRecall: 0.9 };
    const [owner, other] = [randomUUID(), randomUUID()];
    await builds.request(database, 'm', embedding, move);
    expect(await previously()).toBe(0);
    const build = await builds.claim(owner, 6);
    expect(build).toMatchObject({ store: 'slow', paused: false });
    await database.execute('UPDATE index_builds SET failures = 6');
    await builds.fail(owner, build!.id, { error: 'it is away', paused: false });
    // Waits for its next try, at this version too.
    expect([await previously(), await builds.claim(other, 6)]).toEqual([0, undefined]);
    await moves.pause(database);
    expect([await previously(), await builds.claim(other, 6)]).toEqual([0, undefined]);
    await moves.resume(database, move);
    expect(await previously()).toBe(0);
    // Another model, chosen meanwhile, moves too.
    await builds.request(database, 'n', embedding);
    expect(await previously()).toBe(0);
    expect(await builds.claim(other, 6)).toMatchObject({ store: 'slow', model: 'n' });
    await builds.cancel(database);
    await builds.request(database, 'n', embedding);
    expect(await previously()).toBe(1);
  });

  it('lacks only what people still have: files may be deleted, replaced and taken out as they are counted', async () => {
    const files = await database.query<{ id: string }>('SELECT id FROM files ORDER BY id LIMIT 4');
    const [lost, deleted, replaced, taken] = files.map(({ id }) => id);
    const scroll: VectorStore['scroll'] = async (_, { filter }) => {
      await database.execute('UPDATE files SET deleted_at = now() WHERE id = $1', [deleted]);
      await database.execute('UPDATE files SET live_generation = 2 WHERE id = $1', [replaced]);
      await database.execute('DELETE FROM placements WHERE file_id = $1', [taken]);
      const there = (filter?.fileIds ?? []).filter((id) => !files.some((file) => file.id === id));
      const points = there.flatMap((id) =>
        [0, 1, 2, 3].map((ordinal) => ({ id: `${id} ${ordinal}`, scope: id, fileId: id, generation: 1, ordinal })),
      );
      return { points };
    };
    const stores = new VectorStores({ named: new Map([['slow', { scroll } as VectorStore]]), ownName: 'slow' });
    const comparison = new IndexComparison(new MovesRepository(database), stores);
    const counted = await comparison.count(index, new AbortController().signal);
    expect(counted).toEqual({ points: (PLACES - files.length) * 4, incomplete: 1 });
    expect(await count(`placements p WHERE NOT EXISTS (SELECT 1 FROM indexed i WHERE i.file_id = p.file_id)`)).toBe(1);
    expect(await builds.missingOf(index.id, lost!)).toHaveLength(1);
  });

  it('is compared by the same points when it is compared again', async () => {
    const { id } = await catalog.addFirst({ store: 'own', model: 'm', dimension: 2, embedding });
    await database.execute('INSERT INTO indexed SELECT $1::uuid, file_id, scope, generation FROM indexed', [id]);
    const sample = (other: string) => new MovesRepository(database).sample([id, other], { separate: [], limit: 10 });
    const sampled = await sample(index.id);
    expect(new Set(sampled.map(({ fileId }) => fileId)).size).toBe(10);
    expect(await sample(index.id)).toEqual(sampled);
    // Another index by others.
    const { id: another } = (await database.first<{ id: string }>(
      `INSERT INTO indexes (id, collection, store, model, dimension, embedding, state, retired_at)
       VALUES (gen_random_uuid(), 'another', 'slow', 'm', 2, '{}', 'retired', now()) RETURNING id`,
    )) as { id: string };
    await database.execute(
      'INSERT INTO indexed SELECT $1::uuid, file_id, scope, generation FROM indexed WHERE index_id = $2',
      [another, id],
    );
    expect(await sample(another)).not.toEqual(sampled);
  });
});
