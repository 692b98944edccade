import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlacedBlobStore } from '@perennial/blob-store';
import type { CallRequest, Principal } from '@perennial/contracts-kernel';
import {
  BLOB_STORES_CHANGED,
  blobStores,
  documents,
  embedding as embeddingCalls,
  retrievalSettings,
  searchIndex,
  vectorMove,
} from '@perennial/contracts-retrieval';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KeySeal } from '../src/settings/key-seal';
import { SettingsKeeper } from '../src/settings/settings-keeper';
import { BLOB_STORE } from '../src/stores/tokens';
import { PlantedWorld } from './planted';
import { newUser } from './world';

/** Real: Postgres, Redis, the transport, LanceDB, three replicas that start at once on an empty database. */
describe('settings of retrieval', () => {
  let world: PlantedWorld;
  const admin = newUser('admin');
  const user = newUser();

  beforeAll(async () => {
    world = await PlantedWorld.start();
    await Promise.all([1, 2, 3].map(() => world.replica({ RAG_TOP_K: '7', CHUNK_OVERLAP: '50' })));
  });
  afterAll(async () => {
    await world?.stop();
  });

  const get = (principal: Principal = admin) => world.caller.rpc.call(retrievalSettings.get, {}, { principal });
  const update = (changes: CallRequest<typeof retrievalSettings.update>, key: string = randomUUID()) =>
    world.caller.rpc.call(retrievalSettings.update, changes, { principal: admin, key });
  const embedding = () => world.caller.rpc.call(embeddingCalls.get, {}, { principal: admin });
  const choose = (changes: CallRequest<typeof embeddingCalls.update>, key: string = randomUUID()) =>
    world.caller.rpc.call(embeddingCalls.update, changes, { principal: admin, key });

  it('start with the environment’s values, once', async () => {
    const { version, settings } = await get();
    expect(version).toBe(1);
    expect(settings).toMatchObject({ TOP_K: 7, CHUNK_SIZE: 1_000, CHUNK_OVERLAP: 50, RAG_TEMPLATE: '' });
    expect(await world.count('settings')).toBe(1);
    // A process that starts later with another environment uses the saved settings.
    await world.replica({ RAG_TOP_K: '9' });
    for (let n = 0; n < 8; n += 1) expect((await get()).settings.TOP_K).toBe(7);
  });

  it('reach every replica by a notice, and also when it is lost', async () => {
    const keepers = world.replicas.map(({ app }) => app.get(SettingsKeeper, { strict: false }));
    const looks = keepers.map((keeper) => vi.spyOn(keeper, 'fresh').mockImplementation(() => keeper.current()));
    const { version } = await update({ TOP_K: 5, RAG_TEMPLATE: 'Context: {{CONTEXT}}' });
    await waitFor(
      async () =>
        (await Promise.all(keepers.map((keeper) => keeper.current()))).every((state) => state.version === version),
      { what: 'all replicas to be told' },
    );
    for (const look of looks) look.mockRestore();
    // Without a notice: changed directly in the database.
    await world.db.query(`UPDATE settings SET version = version + 1, data = jsonb_set(data, '{retrieval,TOP_K}', '6')`);
    await waitFor(
      async () =>
        (await Promise.all(keepers.map((keeper) => keeper.current()))).every((state) => state.retrieval.TOP_K === 6),
      { what: 'all replicas to look again' },
    );
    const reply = await world.caller.rpc.call(documents.search, { queries: ['x'], items: [] }, { principal: user });
    expect(reply.template).toBe('Context: {{CONTEXT}}');
  });

  it('are changed one by one, once for one key, and only without contradictions', async () => {
    const before = await get();
    const key = randomUUID();
    const changed = await update({ CHUNK_SIZE: 400 }, key);
    expect(changed.settings).toEqual({ ...before.settings, CHUNK_SIZE: 400 });
    expect(await update({ CHUNK_SIZE: 400 }, key)).toEqual(changed);
    await expect(update({ CHUNK_SIZE: 500 }, key)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    await expect(update({ CHUNK_OVERLAP: 400 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'CHUNK_OVERLAP must be less than CHUNK_SIZE',
    });
    await expect(update({ RELEVANCE_THRESHOLD: 1.5 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await update({ ALLOWED_FILE_EXTENSIONS: ['.PDF', 'md'] })).settings.ALLOWED_FILE_EXTENSIONS).toEqual([
      'pdf',
      'md',
    ]);
    expect((await get()).version).toBe(changed.version + 1);
  });

  it('which store has the files reaches every replica by a notice, and when it is lost; only our services may ask', async () => {
    const service = { kind: 'service', name: 'gateway' } as const;
    const ask = (principal: Principal) => world.caller.rpc.call(blobStores.current, {}, { principal });
    expect(await ask(service)).toEqual({ version: 1, active: 'default', other: null });
    await expect(ask(user)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    const stores = world.replicas.map(({ app }) => app.get<PlacedBlobStore>(BLOB_STORE, { strict: false }).own);
    const reached = (version: number, timeoutMs: number) =>
      waitFor(() => stores.every(({ choice }) => choice?.version === version), { timeoutMs });
    await reached(1, 10_000);
    await world.db.query('UPDATE blob_stores SET version = 2');
    await world.caller.notices.publish(BLOB_STORES_CHANGED, { version: 2 });
    await reached(2, 4_000);
    await world.db.query('UPDATE blob_stores SET version = 3');
    await reached(3, 20_000);
  });

  it('are for administrators, and readable by our services', async () => {
    await expect(get(user)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    expect((await get({ kind: 'service', name: 'chat' })).version).toBeGreaterThan(0);
    for (const principal of [user, { kind: 'service', name: 'chat' } as const]) {
      for (const call of [
        embeddingCalls.get,
        searchIndex.status,
        searchIndex.rebuild,
        vectorMove.status,
        vectorMove.pause,
        vectorMove.cancel,
        vectorMove.finish,
        embeddingCalls.update,
        retrievalSettings.update,
      ])
        await expect(world.caller.rpc.call(call, {}, { principal })).rejects.toMatchObject({
          code: principal.kind === 'user' ? 'PERMISSION_DENIED' : 'UNAUTHENTICATED',
        });
    }
  });

  it('never reveal a key, keep it for its own address, and store it encrypted', async () => {
    const { openai } = await embedding();
    expect(openai.key).toMatch(/^•+6789$/);
    const kept = await choose({ openai, batchSize: 32 });
    expect({ key: kept.openai.key, batchSize: kept.batchSize }).toEqual({ key: openai.key, batchSize: 32 });
    await expect(choose({ openai: { ...openai, url: 'http://thief.example/v1' } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('Enter the key of http://thief.example/v1 again'),
    });
    const fresh = await choose({ openai: { url: openai.url, key: 'sk-another-key-abcd' } });
    expect(fresh.openai.key).toMatch(/^•+abcd$/);
    expect(JSON.stringify(fresh)).not.toContain('another');
    const { rows } = await world.db.query<{ text: string }>(
      `SELECT data::text AS text FROM settings UNION ALL SELECT coalesce(result::text, '') || scope || key FROM call_results`,
    );
    for (const { text } of rows) expect(text).not.toMatch(/sk-another|sk-planted/);
    await choose({ openai: { url: openai.url, key: '' } });
    expect((await embedding()).openai.key).toBe('');
  });

  it.each([
    ['RAG_RERANKING_ENGINE', 'external', 'RAG_EXTERNAL_RERANKER_URL', 'RAG_EXTERNAL_RERANKER_API_KEY', 'rerankerKey'],
    ['AUDIO_STT_ENGINE', 'openai', 'AUDIO_STT_OPENAI_API_BASE_URL', 'AUDIO_STT_OPENAI_API_KEY', 'transcriptionKey'],
    ['VISION_ENGINE', 'openai', 'VISION_OPENAI_API_BASE_URL', 'VISION_OPENAI_API_KEY', 'visionKey'],
  ] as const)('never reveal the key of %s either, keep it for its own address, and need one', async (...names) => {
    const [engine, kind, address, keyName, sealedName] = names;
    const url = 'http://server.example/v1';
    await expect(update({ [engine]: kind })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const key = 'sk-server-key-wxyz';
    const models = { AUDIO_STT_MODEL: 'hears', VISION_MODEL: 'looks' };
    const { settings } = await update({ ...models, [engine]: kind, [address]: url, [keyName]: key });
    const shown = settings[keyName];
    expect(shown).toMatch(/^•+wxyz$/);
    // All settings as a page sends them back, and one without the key.
    await update({ ...settings, TOP_K: 4 });
    await update({ TOP_K: 5 });
    expect((await get()).settings[keyName]).toBe(shown);
    for (const thief of [{}, { [keyName]: shown }])
      await expect(update({ [address]: 'http://thief.example', ...thief })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    const { rows } = await world.db.query<{ text: string }>(
      `SELECT data::text AS text FROM settings UNION ALL SELECT coalesce(result::text, '') || scope || key FROM call_results`,
    );
    for (const { text } of rows) expect(text).not.toContain('sk-server');
    const keeper = world.replicas[0]!.app.get(SettingsKeeper, { strict: false });
    const sealed = (await keeper.fresh()).retrieval[sealedName];
    expect(world.replicas[0]!.app.get(KeySeal, { strict: false }).open(sealed)).toBe(key);
    // Without its address a key is gone.
    expect((await update({ [engine]: '', [address]: '' })).settings[keyName]).toBe('');
  });

  it('refuse an embedder without an address, or with credentials in it', async () => {
    await expect(choose({ engine: '' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('RAG_LOCAL_EMBEDDER_URL'),
    });
    await expect(choose({ engine: 'ollama', ollama: { url: '', key: '' } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    for (const url of ['ftp://x/v1', 'not a url', 'http://me:secret@host/v1'])
      await expect(choose({ openai: { url, key: '' } })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await embedding()).toMatchObject({ engine: 'openai', index: { active: null, building: null } });
  });
});

/** Real: Postgres, LanceDB's directory; the second machine is another directory under another name in the database. */
describe('an embedded store', () => {
  let world: PlantedWorld;
  let elsewhere: string;

  beforeAll(async () => {
    world = await PlantedWorld.start();
    elsewhere = await mkdtemp(join(tmpdir(), 'perennial-elsewhere-'));
  });
  afterAll(async () => {
    await world?.stop();
    await rm(elsewhere, { recursive: true, force: true });
  });

  it('is shared by the processes of one machine', async () => {
    await Promise.all([world.replica(), world.replica()]);
    await world.replica();
    expect(await world.count('embedded_store')).toBe(1);
  });

  it('refuses a second machine, and a second directory, with advice', async () => {
    const other = (host: string, seen: string) =>
      world.db.query(
        `UPDATE embedded_store SET host = $1, directory = gen_random_uuid(), seen_at = now() - $2::interval`,
        [host, seen],
      );
    await other('the-first-machine', '2 s');
    await expect(world.replica()).rejects.toThrow(/host "the-first-machine".*one machine only.*VECTOR_DB=qdrant/s);
    await other('the-first-machine', '1 day');
    await expect(world.replica()).rejects.toThrow(/DELETE FROM retrieval.embedded_store/);
    // A replaced process reports it instead of answering from an empty store.
    await waitFor(
      async () =>
        (await world.replicas[0]!.runtime.readiness.report()).checks.some(
          ({ name, ok }) => name === 'vector_host' && !ok,
        ),
      { what: 'the first processes to notice', timeoutMs: 10_000 },
    );
    await world.db.query('DELETE FROM embedded_store');
    await world.replica();
    await expect(world.replica({ DATA_DIR: elsewhere })).rejects.toThrow(/another data directory/);
  });

  it('does not concern processes whose store is a server', async () => {
    await world.replica({ DATA_DIR: elsewhere, VECTOR_DB: 'qdrant', QDRANT_URI: 'http://127.0.0.1:9' });
  });
});
