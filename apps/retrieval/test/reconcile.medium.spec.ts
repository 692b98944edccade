import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isDeepStrictEqual, promisify } from 'node:util';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { documents } from '@perennial/contracts-retrieval';
import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { buildService, waitFor } from '@perennial/testing';
import { createVectorStore, vectorStoreEnv, VectorStores } from '@perennial/vector-store';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { retrievalMigrations } from '../src/migrations';
import { leading } from '../src/reconcile/leader';
import { OrphanSweep } from '../src/reconcile/orphan-sweep';
import { ReconcileRepository } from '../src/reconcile/reconcile.repository';
import { type PlantedFile, PlantedWorld } from './planted';
import { newUser } from './world';

const NOTHING = {
  blobs: 0,
  points: 0,
  collections: 0,
  chunks: 0,
  deletedFiles: 0,
  deletedBases: 0,
  placements: 0,
  homelessFiles: 0,
};
const AGE_S = 3_600;

/**
 * Real: Postgres, LanceDB, blobs in a directory. Leftovers are planted like a crash leaves them, beside documents that must stay.
 */
describe('leftovers', () => {
  let world: PlantedWorld;
  let blobs: BlobStore;
  let dataSource: DataSource;
  let database: Database;
  let sweep: OrphanSweep;
  const user = newUser();

  beforeAll(async () => {
    world = await PlantedWorld.start();
    const runtime = new Runtime({ name: 'retrieval', logLevel: 'error' });
    dataSource = await openDataSource(
      { url: world.databaseUrl, schema: 'retrieval', migrations: retrievalMigrations },
      runtime.log,
    );
    database = new Database(poolFrom(dataSource), runtime.metrics);
    blobs = await createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: world.dataDir }));
    const stores = new VectorStores({ named: new Map([['default', world.store]]) });
    sweep = new OrphanSweep(new ReconcileRepository(database), stores, blobs, AGE_S * 1_000, new Map());
    await world.index();
  });
  afterAll(async () => {
    await blobs?.close();
    await dataSource?.destroy();
    await world?.stop();
  });

  const putBlob = async (key: string, old = true): Promise<void> => {
    await blobs.put(key, Readable.from([Buffer.from(key)]), { maxBytes: 1_000 });
    if (!old) return;
    const path = join(world.dataDir, 'blobs', `${key}.blob`);
    const then = new Date(Date.now() - 2 * AGE_S * 1_000);
    await utimes(path, then, then);
  };
  const plantWithBlob = async (texts: readonly string[], scope?: string): Promise<PlantedFile> => {
    const file = await world.plant({ user, texts, scope });
    await putBlob(`files/${file.id}/1`);
    return file;
  };
  const blobKeys = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of blobs.list('files/')) keys.push(key);
    return keys.sort();
  };
  const state = async () => ({
    blobs: await blobKeys(),
    points: await world.store.count(world.collection),
    chunks: await world.count('chunks'),
    files: await world.count('files', 'deleted_at IS NULL'),
    placements: await world.count('placements'),
    indexed: await world.count('indexed'),
    removals: await world.count('removals'),
  });

  it('are reported without changes, and a repair removes only them', async () => {
    const scope = await world.base(user);
    const good = await plantWithBlob(['one', 'two'], scope);
    const replacing = await plantWithBlob(['three']);
    // Being replaced: the second generation is on its way, its chunks and points are there before it is found.
    const coming = { ...replacing, generation: 2, texts: ['three a', 'three b'] };
    await world.db.query('UPDATE files SET generation = 2, state = $2 WHERE id = $1', [replacing.id, 'processing']);
    await world.chunks(coming);
    await world.points(coming);
    // Deleted a moment ago: its removal is on the list and takes everything along.
    const leaving = await plantWithBlob(['four']);
    await world.markDeleted(leaving);
    await world.db.query(`INSERT INTO removals (kind, file_id, not_before) VALUES ('file', $1, 'infinity')`, [
      leaving.id,
    ]);
    // Uploaded a moment ago, not registered yet.
    const fresh = `files/${randomUUID()}/1`;
    await putBlob(fresh, false);
    expect(await sweep.run({ repair: true, collections: true })).toEqual(NOTHING);
    const before = await state();

    // A gateway that died between the bytes and the row; a replacement whose old bytes were not removed.
    await putBlob(`files/${randomUUID()}/1`);
    await putBlob(`files/${good.id}/${randomUUID()}`);
    // A stalled worker: an older generation, a file that is gone, a base that it is not in.
    await world.points({ ...good, generation: 7, texts: ['stale', 'stale too'] });
    await world.points({ ...good, id: randomUUID(), texts: ['of nobody'] });
    await world.points({ ...good, scope: randomUUID(), texts: ['elsewhere', 'and more', 'and more'] });
    await world.store.upsert(world.collection, [
      {
        id: randomUUID(),
        scope: 'not-ours',
        fileId: 'x',
        generation: 1,
        ordinal: 0,
        vector: new Float32Array(384).fill(1),
        text: '',
      },
    ]);
    // A collection that no index is in.
    await world.store.ensureCollection('idx_forgotten', { dimension: 3 });
    // Chunks of a generation that is over, and of a file that is gone.
    await world.chunks({ ...good, generation: 0, texts: ['over'] });
    await world.chunks({ ...good, id: randomUUID(), texts: ['gone', 'gone'] });
    const planted = { ...NOTHING, blobs: 2, points: 7, collections: 1, chunks: 3 };
    const dirty = await state();

    expect(await sweep.run({ repair: false })).toEqual(planted);
    expect(await state()).toEqual(dirty);
    expect(await sweep.run({ repair: true })).toEqual(planted);
    expect(await state()).toEqual(before);
    // A server may be shared with another installation: only the command removes whole collections.
    expect(await sweep.run({ repair: true })).toEqual({ ...NOTHING, collections: 1 });
    expect(await sweep.run({ repair: true, collections: true })).toEqual({ ...NOTHING, collections: 1 });
    expect(await sweep.run({ repair: true })).toEqual(NOTHING);
  });

  it('are removed from every other store while those of a placement are away', async () => {
    const file = join(world.dataDir, 'a-file');
    await writeFile(file, '');
    const blobsAway = { STORAGE_PROVIDER: 'local', DATA_DIR: file };
    const vectorsAway = { VECTOR_DB: 'qdrant', QDRANT_URI: 'http://127.0.0.1:1' };
    const PLACEMENTS = new Map([['away', { blobs: blobsAway, vectors: vectorsAway, connections: [] }]]);
    const all = await createBlobStore({ ...z.object(blobStoreEnv).parse({ DATA_DIR: world.dataDir }), PLACEMENTS });
    const away = createVectorStore(z.object(vectorStoreEnv).parse(vectorsAway));
    onTestFinished(() => Promise.all([all.close(), away.close()]).then(() => undefined));
    const stores = new VectorStores({
      named: new Map([['default', world.store]]),
      placed: new Map([['away', away]]),
    });
    const repository = new ReconcileRepository(database);
    const withAway = new OrphanSweep(repository, stores, all, AGE_S * 1_000, PLACEMENTS);
    const good = await plantWithBlob(['kept']);
    await putBlob(`files/${randomUUID()}/1`);
    await world.points({ ...good, id: randomUUID(), texts: ['of nobody'] });
    const told: string[] = [];
    const onAway = (store: string): void => void told.push(store);
    expect(await withAway.run({ repair: true, onAway })).toEqual({ ...NOTHING, blobs: 1, points: 1 });
    expect(told).toEqual(['blob store away', 'unfinished uploads', 'vector store away']);
    await expect(withAway.run({ repair: true })).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('of an interrupted removal are removed by a worker that continues it', async () => {
    const scope = await world.base(user);
    const file = await plantWithBlob(['five'], scope);
    const stays = await plantWithBlob(['six'], scope);
    await world.db.query(`UPDATE files SET deleted_at = now() - interval '1 hour' WHERE id = $1`, [file.id]);
    await world.db.query(`UPDATE knowledge_bases SET deleted_at = now() - interval '1 hour' WHERE id = $1`, [scope]);
    const report = await sweep.run({ repair: true });
    expect(report).toMatchObject({ deletedFiles: 1, deletedBases: 1, placements: 2 });
    expect(await world.count('removals', `kind = 'file' AND file_id = $1`, file.id)).toBe(1);
    expect(await world.count('removals', `kind = 'scope' AND scope = $1`, scope)).toBe(1);
    // The file that was only in that base is somewhere again.
    expect(await world.count('placements', 'file_id = $1 AND scope = $1', stays.id)).toBe(1);
    expect(await sweep.run({ repair: true })).toMatchObject({ deletedFiles: 0, deletedBases: 0, placements: 0 });
  });

  it('are reported by the command line, and removed on request', async () => {
    const bundle = await buildService('cli');
    const command = async (...args: string[]) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(bundle, 'main.js'), 'orphans', '--json', ...args],
        {
          env: { ...world.environment, PATH: process.env['PATH'] },
        },
      );
      return JSON.parse(stdout) as unknown;
    };
    await putBlob(`files/${randomUUID()}/1`);
    await world.store.ensureCollection('idx_nobodys', { dimension: 3 });
    const found = { ...NOTHING, blobs: 1, collections: 1 };
    expect(await command()).toEqual({ ...found, removed: false });
    expect(await command('--delete')).toEqual({ ...found, removed: true });
    expect(await command()).toEqual({ ...NOTHING, removed: false });
    await expect(command('--remove')).rejects.toMatchObject({ code: 2 });
  }, 90_000);

  it('are searched by one process at a time', async () => {
    let others = 0;
    const ran = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const leads = await leading({ url: world.databaseUrl }, 'test', async () => {
          await waitFor(() => others === 3, { what: 'the others to be turned away' });
        });
        if (!leads) others += 1;
        return leads;
      }),
    );
    expect(ran.filter(Boolean)).toHaveLength(1);
    await expect(leading({ url: world.databaseUrl }, 'test', () => Promise.reject(new Error('broke')))).rejects.toThrow(
      'broke',
    );
    expect(await leading({ url: world.databaseUrl }, 'test', () => Promise.resolve())).toBe(true);
  });

  it('of a store that lost its data: it is filled again from the database', async () => {
    const mine = newUser();
    const file = await world.plant({ user: mine, texts: ['The ferry leaves at noon.', 'Bread is baked at dawn.'] });
    // Its replacement could not be read: searches still find the earlier text.
    const replaced = await world.plant({ user: mine, texts: ['The ferry to the island leaves at two.'] });
    await world.db.query(`UPDATE files SET generation = 2, state = 'failed' WHERE id = $1`, [replaced.id]);
    await world.replica({ RETRIEVAL_ROLE: 'all', RECONCILE_INTERVAL_SECONDS: '1' });
    const ids = [file.id, replaced.id];
    await world.db.query(`UPDATE files SET updated_at = now() - interval '1 hour' WHERE id = ANY ($1)`, [ids]);
    await world.db.query(`UPDATE placements SET created_at = now() - interval '1 hour' WHERE file_id = ANY ($1)`, [
      ids,
    ]);
    const ask = async () =>
      (
        await world.caller.rpc.call(
          documents.search,
          { queries: ['when does the ferry leave'], items: ids.map((id) => ({ type: 'file' as const, id })), k: 1 },
          { principal: mine },
        )
      ).sources.flatMap(({ document }) => document);
    const found = [file.texts[0], replaced.texts[0]];
    expect(await ask()).toEqual(found);
    await world.store.dropCollection(world.collection);
    await waitFor(async () => isDeepStrictEqual(await ask().catch(() => []), found), {
      what: 'the documents to be found again',
      timeoutMs: 20_000,
    });
    expect(await world.store.count(world.collection, { fileIds: [file.id] })).toBe(2);
  });
});
