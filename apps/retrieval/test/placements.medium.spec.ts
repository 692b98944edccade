import { randomUUID } from 'node:crypto';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { documents, embedding, files, knowledge, searchIndex, toBlobKey } from '@perennial/contracts-retrieval';
import { readEnv } from '@perennial/runtime';
import { missingServer, qdrantBinary, type QdrantServer, startQdrant, waitFor } from '@perennial/testing';
import { createVectorStores, type VectorStore, vectorStoreEnv, type VectorStores } from '@perennial/vector-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { newUser, World } from './world';

const missing = await missingServer('Qdrant', qdrantBinary);

/**
 * Real: Postgres, Redis, two directories of blobs, LanceDB for the installation and Qdrant for the placement "eu", a built process.
 * The placement "strict" allows another embedder than the installation's.
 */
describe.skipIf(missing)('the data of people with a placement', () => {
  let world: World;
  let qdrant: QdrantServer;
  let directory: string;
  let blobs: BlobStore;
  let vectors: VectorStores;

  beforeAll(async () => {
    world = await World.start({ model: 'sim-embed' });
    [qdrant, directory] = await Promise.all([startQdrant(), mkdtemp(join(tmpdir(), 'perennial-eu-'))]);
    const PLACEMENTS = JSON.stringify({
      eu: {
        blobs: { DATA_DIR: directory },
        vectors: { VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url, VECTOR_DB_TIMEOUT_MS: '2000' },
        connections: [`${world.simulator.url}/v1`],
      },
      strict: { blobs: 'default', vectors: 'default', connections: ['https://models.example/v1'] },
    });
    const env = { DATA_DIR: world.dataDir, PLACEMENTS };
    blobs = await createBlobStore(readEnv(z.object(blobStoreEnv), env, { service: 'test' }));
    vectors = createVectorStores(readEnv(z.object(vectorStoreEnv), env, { service: 'test' }));
    await world.retrieval('all', { PLACEMENTS, RECONCILE_INTERVAL_SECONDS: '1' });
  });
  afterAll(async () => {
    await world?.stop();
    await Promise.all([blobs?.close(), vectors?.close()]);
    await qdrant?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const placed = (placement: string | undefined, change: Partial<UserPrincipal> = {}): UserPrincipal => ({
    ...newUser(),
    ...(placement === undefined ? {} : { placement }),
    ...change,
  });

  /** As a gateway uploads. */
  const register = async (user: UserPrincipal, text: string, knowledgeId?: string): Promise<string> => {
    const fileId = randomUUID();
    const key = toBlobKey(fileId, '1', user.placement);
    const stored = await blobs.put(key, Readable.from([Buffer.from(text)]), { maxBytes: 1e6 });
    const request = { fileId, name: 'notes.txt', contentType: 'text/plain', knowledgeId, ...stored };
    await world.caller.rpc.call(files.register, request, { principal: user, key: fileId });
    return fileId;
  };
  const settled = (fileId: string) =>
    waitFor(
      async () => {
        const { rows } = await world.db.query<{ state: string; error: { message: string } | null }>(
          'SELECT state, error FROM files WHERE id = $1',
          [fileId],
        );
        return rows[0] && ['completed', 'failed'].includes(rows[0].state) && rows[0];
      },
      { what: `${fileId} to be ingested`, timeoutMs: 20_000 },
    );
  const upload = async (user: UserPrincipal, text: string, knowledgeId?: string): Promise<string> => {
    const fileId = await register(user, text, knowledgeId);
    expect(await settled(fileId)).toMatchObject({ state: 'completed' });
    return fileId;
  };
  const pointsIn = async (store: VectorStore, fileId: string): Promise<number> => {
    let points = 0;
    for (const { name } of await store.listCollections()) points += await store.count(name, { fileIds: [fileId] });
    return points;
  };
  const isFile = (root: string, key: string): Promise<boolean> =>
    access(join(root, 'blobs', `${key}.blob`)).then(
      () => true,
      () => false,
    );
  const search = (principal: UserPrincipal, type: 'file' | 'collection', id: string) =>
    world.caller.rpc.call(documents.search, { queries: ['launch'], items: [{ type, id, full: false }] }, { principal });
  const byPlacement = { code: 'FAILED_PRECONDITION', details: { reason: 'placement' } };

  it('is in the stores of the placement alone, and is found there', async () => {
    const [inside, outside] = [placed('eu'), placed(undefined)];
    const mine = await upload(inside, 'The launch is on 3 May.');
    const theirs = await upload(outside, 'The launch is on 4 June.');
    const key = toBlobKey(mine, '1', 'eu');
    expect([await isFile(directory, key), await isFile(world.dataDir, key)]).toEqual([true, false]);
    expect(await isFile(directory, toBlobKey(theirs, '1'))).toBe(false);
    expect([
      await pointsIn(vectors.at('eu', 'default'), mine),
      await pointsIn(vectors.at(null, 'default'), mine),
    ]).toEqual([1, 0]);
    expect([
      await pointsIn(vectors.at('eu', 'default'), theirs),
      await pointsIn(vectors.at(null, 'default'), theirs),
    ]).toEqual([0, 1]);
    expect((await search(inside, 'file', mine)).sources[0]?.document).toEqual(['The launch is on 3 May.']);
    expect((await search(outside, 'file', theirs)).sources[0]?.document).toEqual(['The launch is on 4 June.']);
  });

  it('is refused to readers whose data belongs elsewhere, whatever they may read, and base and file have one placement', async () => {
    const owner = placed('eu');
    const { id: base } = await world.caller.rpc.call(knowledge.create, { name: 'EU' }, { principal: owner });
    const file = await upload(owner, 'The launch is on 3 May.', base);
    expect((await search(owner, 'collection', base)).sources).toHaveLength(1);
    const admin = placed(undefined, { role: 'admin' });
    for (const [type, id] of [
      ['collection', base],
      ['file', file],
    ] as const) {
      await expect(search(admin, type, id)).rejects.toMatchObject(byPlacement);
      const whole = { queries: ['launch'], items: [{ type, id, full: true }] };
      await expect(world.caller.rpc.call(documents.search, whole, { principal: admin })).rejects.toMatchObject(
        byPlacement,
      );
    }
    await expect(register(admin, 'Elsewhere.', base)).rejects.toMatchObject(byPlacement);
    const own = await upload(admin, 'Elsewhere.');
    const add = { knowledgeId: base, fileIds: [own] };
    const euAdmin = placed('eu', { role: 'admin' });
    await expect(
      world.caller.rpc.call(knowledge.addFiles, add, { principal: euAdmin, key: randomUUID() }),
    ).rejects.toMatchObject(byPlacement);
  });

  it('stays where it is when the person is placed elsewhere: readable and deletable, not searched; new data goes to the new place', async () => {
    const before = placed('eu');
    const old = await upload(before, 'The launch is on 3 May.');
    const { placement: _, ...after } = before;
    await expect(search(after, 'file', old)).rejects.toMatchObject(byPlacement);
    const { blobKey } = await world.caller.rpc.call(files.locate, { fileId: old }, { principal: after });
    expect((await blobs.get(blobKey)).size).toBe(23);
    const text = { fileId: old, maxChars: 1_000 };
    expect((await world.caller.rpc.call(files.text, text, { principal: after })).content).toContain('3 May');
    const replaced = {
      fileId: old,
      blobKey: toBlobKey(old, 'new'),
      contentType: 'text/plain',
      size: 1,
      sha256: '0'.repeat(64),
    };
    await expect(
      world.caller.rpc.call(files.replace, replaced, { principal: after, key: randomUUID() }),
    ).rejects.toMatchObject(byPlacement);
    const fresh = await upload(after, 'The launch is on 5 July.');
    expect([
      await pointsIn(vectors.at('eu', 'default'), fresh),
      await pointsIn(vectors.at(null, 'default'), fresh),
    ]).toEqual([0, 1]);
    await world.caller.rpc.call(files.remove, { fileId: old }, { principal: after, key: randomUUID() });
    await waitFor(async () => (await world.count('files', 'id = $1', old)) === 0, {
      what: 'the old file to be removed',
    });
    expect(await pointsIn(vectors.at('eu', 'default'), old)).toBe(0);
    expect(await isFile(directory, blobKey)).toBe(false);
  });

  it('is not sent to an embedder that the placement does not allow', async () => {
    const user = placed('strict');
    const { embed_calls: before } = world.simulator.stats();
    const file = await register(user, 'A secret of the strict.');
    expect(await settled(file)).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('may not be sent to (placement "strict")') as string },
    });
    await expect(search(user, 'file', file)).rejects.toMatchObject(byPlacement);
    expect(world.simulator.stats().embed_calls).toBe(before);
  });

  it('is not accepted for a placement that this process does not know', async () => {
    const user = placed('mars');
    await expect(
      world.caller.rpc.call(knowledge.create, { name: 'Mars' }, { principal: user, key: randomUUID() }),
    ).rejects.toMatchObject(byPlacement);
    const stored = { name: 'notes.txt', contentType: 'text/plain', size: 1, sha256: '0'.repeat(64) };
    const fileId = randomUUID();
    await expect(
      world.caller.rpc.call(files.register, { fileId, ...stored }, { principal: user, key: fileId }),
    ).rejects.toMatchObject(byPlacement);
    await expect(
      blobs.put(toBlobKey(fileId, '1', 'mars'), Readable.from(['x']), { maxBytes: 1 }),
    ).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('makes nobody else wait while its store is away, and is ingested when that is back', async () => {
    await qdrant.kill();
    const waits = await register(placed('eu'), 'The launch waits.');
    await upload(placed(undefined), 'Others do not wait.');
    expect(await world.count('files', `id = $1 AND state = 'completed'`, waits)).toBe(0);
    await qdrant.start();
    expect(await settled(waits)).toMatchObject({ state: 'completed' });
  });

  it('holds up no other embedding model for the others while its store is away, and follows when that is back', async () => {
    const [inside, outside] = [placed('eu'), placed(undefined)];
    const mine = await upload(inside, 'The launch is on 6 August.');
    const theirs = await upload(outside, 'The launch is on 7 September.');
    await qdrant.kill();
    const admin = placed(undefined, { role: 'admin' });
    const status = () => world.caller.rpc.call(searchIndex.status, {}, { principal: admin });
    await world.caller.rpc.call(embedding.update, { model: 'sim-embed-other' }, { principal: admin });
    await waitFor(async () => (await status()).building?.error?.includes('placement "eu"'), {
      what: 'the build to tell for whom it waits',
      timeoutMs: 20_000,
    });
    // As after half a minute of tries.
    await world.db.query(`UPDATE index_builds SET failures = 5, retry_at = '-infinity'`);
    await waitFor(async () => (await status()).active?.model === 'sim-embed-other', {
      what: 'the others to get their index',
      timeoutMs: 20_000,
    });
    expect((await search(outside, 'file', theirs)).sources[0]?.document).toEqual(['The launch is on 7 September.']);
    // Old enough for the upkeep.
    await world.db.query(`UPDATE files SET updated_at = now() - interval '1 hour'`);
    await world.db.query(`UPDATE placements SET created_at = now() - interval '1 hour'`);
    await qdrant.start();
    const found = async () => (await search(inside, 'file', mine)).sources[0]?.document;
    await waitFor(async () => (await found().catch(() => undefined))?.[0] === 'The launch is on 6 August.', {
      what: 'the files of the placement to be in the index too',
      timeoutMs: 20_000,
    });
  }, 60_000);
});
