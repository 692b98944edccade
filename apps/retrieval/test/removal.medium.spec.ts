import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type BlobStore, BlobStoreDeniedError } from '@perennial/blob-store';
import { sleep, waitFor } from '@perennial/testing';
import type { Replica } from '@perennial/testing-service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BLOB_STORE } from '../src/stores/tokens';
import { PlantedWorld } from './planted';
import { newUser } from './world';

/** Real: Postgres, Redis, LanceDB, blobs in a directory, a replica. The blob store refuses to delete what a test names. */
describe('a removal that fails', () => {
  let world: PlantedWorld;
  let replica: Replica;
  let blobs: BlobStore;
  const refused = new Set<string>();
  const asked = new Set<string>();
  const user = newUser();

  beforeAll(async () => {
    world = await PlantedWorld.start();
    replica = await world.replica({ RETRIEVAL_ROLE: 'all' });
    await world.index();
    blobs = replica.app.get<BlobStore>(BLOB_STORE);
    const remove = blobs.delete.bind(blobs);
    blobs.delete = (key) => {
      asked.add(key);
      const locked = [...refused].some((part) => key.includes(part));
      return locked ? Promise.reject(new BlobStoreDeniedError('locked')) : remove(key);
    };
  });
  afterAll(() => world?.stop());
  beforeEach(() => {
    refused.clear();
    asked.clear();
  });

  /** Files with bytes, in the order in which their removals will be taken. */
  const deletedFiles = async (count: number): Promise<string[]> => {
    const files = [];
    for (let n = 0; n < count; n += 1) files.push(await world.plant({ user, texts: ['Deleted.'] }));
    const ids = files.map(({ id }) => id);
    for (const id of ids) await putBlob(`files/${id}/1`);
    return ids;
  };
  const putBlob = (key: string) => blobs.put(key, Readable.from([Buffer.from(key)]), { maxBytes: 1_000 });
  const remove = async (ids: readonly string[]): Promise<void> => {
    await world.db.query(
      `WITH gone AS (UPDATE files SET deleted_at = now() WHERE id = ANY ($1::uuid[]))
       INSERT INTO removals (kind, file_id) SELECT 'file', unnest($1::uuid[])`,
      [ids],
    );
  };
  const left = (): Promise<number> => world.count('removals');
  const failures = async (kind: string): Promise<number> => {
    const { body } = await replica.runtime.metrics.text();
    return Number(new RegExp(`^perennial_removal_failures_total\\{kind="${kind}".* (\\d+)$`, 'm').exec(body)?.[1] ?? 0);
  };

  it('waits alone, is counted, and succeeds later', async () => {
    const ids = await deletedFiles(6);
    refused.add(ids[0]!);
    await remove(ids);
    await waitFor(async () => (await left()) === 1, { what: 'the others to be removed', timeoutMs: 5_000 });
    expect(await world.count('files', 'id = ANY ($1::uuid[])', ids)).toBe(1);
    expect(await world.count('removals', 'file_id = $1', ids[0])).toBe(1);
    expect(await failures('file')).toBeGreaterThan(0);
    refused.clear();
    await waitFor(async () => (await left()) === 0, { what: 'it to be removed as well', timeoutMs: 10_000 });
    expect(await world.count('files', 'id = $1', ids[0])).toBe(0);
  });

  it('does not block removals of another kind behind it', async () => {
    const [file] = await deletedFiles(1);
    const old = Array.from({ length: 4 }, () => `files/${file}/${randomUUID()}`);
    for (const key of old) await putBlob(key);
    refused.add(old[0]!);
    await world.db.query(
      `INSERT INTO removals (kind, file_id, blob_key) SELECT 'blob', $1, key FROM unnest($2::text[]) AS key`,
      [file, old],
    );
    await waitFor(async () => (await left()) === 1, { what: 'the others to be removed', timeoutMs: 5_000 });
    const keys = [];
    for await (const { key } of blobs.list(`files/${file}/`)) keys.push(key);
    expect(keys.sort()).toEqual([`files/${file}/1`, old[0]].sort());
    refused.clear();
    await waitFor(async () => (await left()) === 0, { what: 'it to be removed as well', timeoutMs: 10_000 });
  });

  it('pauses the batch after a few consecutive failures, like an unavailable store', async () => {
    const ids = await deletedFiles(20);
    refused.add('files/');
    await remove(ids);
    await waitFor(() => asked.size >= 3, { what: 'a few failures', intervalMs: 10 });
    await sleep(200);
    expect(asked.size).toBeLessThan(ids.length);
    refused.clear();
    await waitFor(async () => (await left()) === 0, { what: 'all to be removed', timeoutMs: 15_000 });
    expect(await world.count('files', 'id = ANY ($1::uuid[])', ids)).toBe(0);
  });
});
