import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { toBlobKey } from '@perennial/contracts-retrieval';
import { migrateSchema } from '@perennial/persistence';
import { createLogger } from '@perennial/runtime';
import { freshDatabase } from '@perennial/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SERVICES } from '../services';
import { BackupDirectory } from './directory';
import { makeBackup } from './make';
import { assertKnown } from './restore';
import { PLAIN } from './vault';

/** Real: Postgres with the schemas of all services, blobs in a directory. */
describe('a backup beside a system that goes on', () => {
  let databaseUrl: string;
  let client: pg.Client;
  let other: pg.Client;
  let blobs: BlobStore;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-backup-'));
    databaseUrl = await freshDatabase('backup');
    const log = createLogger({ level: 'silent', service: 'cli', instance: 'test' });
    for (const { name, migrations } of SERVICES)
      await migrateSchema({ url: databaseUrl, schema: name, migrations }, log);
    [client, other] = [1, 2].map(() => new pg.Client({ connectionString: databaseUrl })) as [pg.Client, pg.Client];
    await client.connect();
    await other.connect();
    blobs = await createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: join(directory, 'data') }));
  }, 60_000);
  afterAll(async () => {
    await Promise.all([client.end(), other.end(), blobs.close()]);
    await rm(directory, { recursive: true, force: true });
  });

  async function addFile(): Promise<string> {
    const fileId = randomUUID();
    const key = toBlobKey(fileId, '1');
    const { size, sha256 } = await blobs.put(key, Readable.from([Buffer.from(fileId)]), { maxBytes: 100 });
    await other.query(
      `INSERT INTO retrieval.files (id, user_id, name, content_type, size, sha256, blob_key) VALUES ($1, $2, 'a', 'text/plain', $3, $4, $5)`,
      [fileId, randomUUID(), size, sha256, key],
    );
    return key;
  }

  const source = (store: BlobStore) => ({ databaseUrl, client, blobs: store, secretKey: 'the secret of this test' });
  const countRows = (manifest: Awaited<ReturnType<typeof makeBackup>>): number | undefined =>
    manifest.tables.find(({ schema, table }) => schema === 'retrieval' && table === 'files')?.rows;

  it('has the bytes of every row, also of a file that is deleted before they are copied', async () => {
    const stays = await addFile();
    const late = await addFile();
    /** As if `late` was uploaded after the listing, and deleted after the first look at the database. */
    const racing = Object.create(blobs, {
      list: {
        value: async function* (prefix: string) {
          for await (const entry of blobs.list(prefix)) if (entry.key !== late) yield entry;
        },
      },
      get: {
        value: async (key: string) => {
          if (key === late) {
            await other.query('DELETE FROM retrieval.files WHERE blob_key = $1', [late]);
            await blobs.delete(late);
          }
          return blobs.get(key);
        },
      },
    }) as BlobStore;
    const to = new BackupDirectory(join(directory, 'racing'));
    await to.begin();
    const manifest = await makeBackup(source(racing), to, PLAIN);
    expect(manifest).toMatchObject({ missingBlobs: [], blobs: { count: 1 } });
    expect(countRows(manifest)).toBe(1);
    const kept = await blobs.get(stays);
    expect(kept.size).toBe((await readFile(join(to.path, 'blobs', stays))).length);
    kept.stream.destroy();
  });

  it('can be read by nobody else, also in a directory that others may enter', async () => {
    const to = new BackupDirectory(join(directory, 'shared'));
    await mkdir(to.path, { mode: 0o755 });
    await to.begin();
    await makeBackup(source(blobs), to, PLAIN);
    for (const entry of await readdir(to.path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name === 'perennial-backup') continue;
      expect((await stat(join(entry.parentPath, entry.name))).mode & 0o077).toBe(0);
    }
  });

  it('names the rows whose bytes were lost before, and is complete otherwise', async () => {
    const lost = await addFile();
    await blobs.delete(lost);
    const to = new BackupDirectory(join(directory, 'lost'));
    await to.begin();
    const manifest = await makeBackup(source(blobs), to, PLAIN);
    expect(manifest.missingBlobs).toEqual([lost]);
    expect(countRows(manifest)).toBe(2);
    expect(await to.manifest()).toEqual(manifest);
  });

  it('is refused when it names a schema that no service has', async () => {
    const to = new BackupDirectory(join(directory, 'foreign'));
    await to.begin();
    const manifest = await makeBackup(source(blobs), to, PLAIN);
    expect(() => assertKnown(manifest)).not.toThrow();
    const [table] = manifest.tables;
    expect(() => assertKnown({ ...manifest, tables: [{ ...table!, schema: 'public' }] })).toThrow(
      'names a schema that no service has: public',
    );
  });
});
