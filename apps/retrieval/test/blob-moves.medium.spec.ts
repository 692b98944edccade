import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type BlobStore,
  blobStoreEnv,
  createBlobStore,
  followStoreChoice,
  type PlacedBlobStore,
  type StoreChoice,
} from '@perennial/blob-store';
import { BLOB_STORES_CHANGED, blobMove, type BlobMoveStatus, toBlobKey } from '@perennial/contracts-retrieval';
import { readEnv, Runtime } from '@perennial/runtime';
import {
  killInstance,
  missingServer,
  seaweedBinary,
  type SeaweedServer,
  startSeaweed,
  waitFor,
} from '@perennial/testing';
import { startCaller } from '@perennial/testing-service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { blobStoresRow } from '../src/blob-move/blob-stores-row';
import { newUser, World } from './world';

const missing = await missingServer('S3 (SeaweedFS)', () => seaweedBinary());
const CHOICE = 'SELECT version::float8 AS version, active, other FROM blob_stores';
const FILES = 48;
const FILE_BYTES = 30_000;
/** Slow enough for a worker to be killed at it. */
const SLOWLY = 600_000;

/** An order as a process has left it. */
interface Left {
  paused: boolean;
  owner: string | null;
  deaths: number;
}

/** Real: the built service (one process that answers, two that work, killed), Postgres, Redis, a directory and SeaweedFS. Not real: the gateway. */
describe.skipIf(missing)('files that an administrator moves to another store', () => {
  let world: World;
  let seaweed: SeaweedServer;
  let stores: PlacedBlobStore;
  let env: Record<string, string>;
  const kept = new Map<string, string>();
  /** At first the gateway reports none. */
  let knowsStores = false;
  const ends: (() => Promise<unknown>)[] = [];
  const admin = newUser('admin');
  const user = newUser();

  const call = (action: 'pause' | 'rollback' | 'finish', principal = admin) =>
    world.caller.rpc.call(blobMove[action], {}, { principal, key: randomUUID() });
  const start = (to: string, bytesPerS?: number, principal = admin) =>
    world.caller.rpc.call(blobMove.start, { to, bytesPerS }, { principal, key: randomUUID() });
  const status = (principal = admin) => world.caller.rpc.call(blobMove.status, {}, { principal });
  const until = (what: string, look: (now: BlobMoveStatus) => boolean): Promise<BlobMoveStatus> =>
    waitFor(
      async () => {
        const now = await status();
        if (!look(now)) throw new Error(JSON.stringify(now));
        return now;
      },
      { what, timeoutMs: 30_000, intervalMs: 50 },
    );
  const settled = (phase: BlobMoveStatus['phase'], active: string) =>
    until(`${phase} at ${active}`, (now) => now.phase === phase && now.active === active && now.order === null);
  const copied = (most: number) => until(`${most} files`, ({ order }) => (order?.progress?.copied ?? 0) >= most);
  const owner = async (): Promise<string | undefined> => {
    const { rows } = await world.db.query<{ instance: string }>(
      'SELECT p.instance FROM blob_moves m JOIN processes p ON p.id = m.owner WHERE m.finished_at IS NULL',
    );
    return rows[0]?.instance;
  };
  const insert = (kind: string, { paused = false, owner = null, deaths = 0 }: Partial<Left>): Promise<unknown> =>
    world.db.query('INSERT INTO blob_moves (id, kind, paused, owner, deaths) VALUES ($1, $2, $3, $4, $5)', [
      ...[randomUUID(), kind, paused, owner, deaths],
    ]);
  /** This process is the gateway, which keeps files, too: it follows the choice, and says so. */
  const standIn = async (): Promise<void> => {
    const runtime = new Runtime({ name: 'gateway', logLevel: 'silent' });
    const ask = async () => (await world.db.query<StoreChoice>(CHOICE)).rows[0]!;
    const look = followStoreChoice(stores.own, runtime, ask);
    await world.caller.stop();
    const report = async () => ({ ...(await runtime.status.read()), ...(knowsStores ? {} : { blobStores: null }) });
    world.caller = await startCaller(world.stores.redisUrl, world.prefix, report);
    await world.caller.notices.subscribe(BLOB_STORES_CHANGED, look);
    ends.push(() => runtime.drain.run('close', performance.now() + 1_000));
  };
  const hashesIn = async (name: string): Promise<Map<string, string>> => {
    const store: BlobStore = await stores.own.at(name);
    const found = new Map<string, string>();
    for await (const { key } of store.list('files/'))
      found.set(key, hashOf(await buffer((await store.get(key)).stream)));
    return found;
  };

  beforeAll(async () => {
    [world, seaweed] = await Promise.all([World.start(), startSeaweed()]);
    env = { BLOB_STORES: JSON.stringify({ cloud: seaweed.env }) };
    const from = { DATA_DIR: world.dataDir, ...env };
    stores = await createBlobStore(readEnv(z.object(blobStoreEnv), from, { service: 'test' }));
    await standIn();
    for (let n = 0; n < FILES; n += 1) {
      const [id, bytes] = [randomUUID(), randomBytes(FILE_BYTES)];
      const key = toBlobKey(id, '1');
      await world.blobs.put(key, Readable.from([bytes]), { maxBytes: 1e6 });
      kept.set(key, hashOf(bytes));
    }
    await Promise.all([world.retrieval('api', env), world.workers(2, env)]);
    await world.db.query(
      `INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, live_generation, state, chunk_count, created_at, updated_at)
       SELECT split_part(key, '/', 2)::uuid, $1, 'a', 'text/plain', 1, '', key, 1, 'completed', 0, now() - interval '1 day', now() - interval '1 day'
         FROM unnest($2::text[]) AS key`,
      [user.userId, [...kept.keys()]],
    );
  }, 120_000);
  afterAll(async () => {
    await Promise.all(ends.map((end) => end()));
    await stores?.close();
    await Promise.all([world?.stop(), seaweed?.stop()]);
  });

  it('stop where a process lacks the store, go on elsewhere when their worker is killed, are paused and taken up again, and are equal in the end', async () => {
    await expect(start('moon')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    for (const action of [() => status(user), () => start('cloud', undefined, user), () => call('finish', user)])
      await expect(action()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await start('cloud', SLOWLY);
    const stopped = await until('it to stop', ({ order }) => order?.paused === true);
    const error = expect.stringMatching(/gateway-\w+ do not know "cloud"/) as string;
    expect(stopped).toMatchObject({ phase: 'settled', order: { error } });
    knowsStores = true;
    await waitFor(
      async () => {
        await start('cloud', SLOWLY);
        return (await until('an end', ({ order }) => order?.paused === true || order?.progress !== null)).order
          ?.progress;
      },
      { what: 'the gateway to report its stores', timeoutMs: 30_000 },
    );
    await copied(8);
    const first = await owner();
    await killInstance(world.processes, first!);
    await waitFor(async () => ((now) => now !== undefined && now !== first)(await owner()), { what: 'a new owner' });
    await copied(1);
    expect(await call('pause')).toMatchObject({ phase: 'copying', order: { kind: 'move', paused: true } });
    await expect(start('default')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(call('pause')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(await hashesIn('cloud')).not.toEqual(kept);
    // A command may take a paused move up, and nobody else meanwhile.
    const command = await world.db.connect();
    try {
      await command.query(blobStoresRow.lock);
      expect((await command.query(blobStoresRow.ordered)).rows).toEqual([]);
      expect(await status()).toMatchObject({ commandRuns: true });
      await expect(start('cloud')).rejects.toMatchObject({ message: expect.stringContaining('migrate') as string });
    } finally {
      await command.query('SELECT pg_advisory_unlock_all()');
      command.release();
    }
    await start('cloud');
    const moved = await settled('moved', 'cloud');
    expect(moved).toMatchObject({ other: 'default', compared: { samples: FILES, equal: FILES } });
    expect(await hashesIn('cloud')).toEqual(kept);
  }, 90_000);

  it('go back with what came meanwhile, and are moved for good', async () => {
    const key = toBlobKey(randomUUID(), '1');
    const bytes = randomBytes(FILE_BYTES);
    await (await stores.own.at('cloud')).put(key, Readable.from([bytes]), { maxBytes: 1e6 });
    kept.set(key, hashOf(bytes));
    await call('rollback');
    await settled('settled', 'default');
    expect(await hashesIn('default')).toEqual(kept);
    await start('cloud');
    await settled('moved', 'cloud');
    await call('finish');
    expect(await settled('settled', 'cloud')).toMatchObject({ other: null, commandRuns: false });
    expect(await hashesIn('cloud')).toEqual(kept);
    await expect(call('rollback')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    const many = await Promise.all(Array.from({ length: 20 }, () => status()));
    expect(many.filter(({ commandRuns }) => commandRuns)).toEqual([]);
    // One that was paused when only the note of its end was missing.
    await insert('finish', { paused: true });
    await call('finish');
    await settled('settled', 'cloud');
  }, 60_000);

  it('stop when they end one worker after the other, and go on when they are told to', async () => {
    await insert('finish', { owner: randomUUID(), deaths: 4 });
    const stopped = await until('it to stop', ({ order }) => order?.paused === true);
    expect(stopped.order?.error).toMatch(/ended its worker 5 times.*memory/);
    await call('finish');
    await settled('settled', 'cloud');
  }, 60_000);
});

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
