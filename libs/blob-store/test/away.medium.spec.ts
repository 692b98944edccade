import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectTaggingCommand, HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { freePort, missingServer, seaweedBinary, type SeaweedServer, startSeaweed } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlobStore, BlobStoreDeniedError, BlobStoreUnavailableError, createBlobStore } from '../src';
import { createS3Client } from '../src/s3/client';
import { bytes, MIB, read, stream } from './bytes';
import { configFrom } from './drivers';

/**
 * Stores that deny access, or are away. Real: SeaweedFS, killed, paused and with wrong keys; a port that does not answer.
 */
const missing = await missingServer('S3 (SeaweedFS)', () => seaweedBinary());
const ENOUGH = { maxBytes: 1024 * MIB };

describe.skipIf(missing !== undefined)(
  'S3: what it is told, where it denies access, and when it is away',
  { timeout: 60_000 },
  () => {
    let server: SeaweedServer;
    const opened: BlobStore[] = [];
    const open = async (variables: Record<string, string> = {}): Promise<BlobStore> => {
      const store = await createBlobStore(configFrom({ ...server.env, ...variables }));
      opened.push(store);
      return store;
    };
    beforeAll(async () => {
      server = await startSeaweed();
    }, 120_000);
    afterAll(async () => {
      for (const store of opened) await store.close();
      await server?.stop();
    });

    it.each([
      ['a wrong secret', { S3_SECRET_ACCESS_KEY: 'another secret, long enough' }, /set S3_SECRET_ACCESS_KEY/],
      ['an unknown key', { S3_ACCESS_KEY_ID: 'somebody' }, /set S3_ACCESS_KEY_ID/],
      ['no such bucket', { S3_BUCKET_NAME: 'elsewhere' }, /bucket|permission/],
    ])('%s is refused at once, with advice', async (_, variables, sentence) => {
      const store = await open(variables);
      for (const size of [10, 9 * MIB]) {
        const refused = await store.put('files/a/1', stream(bytes(size)), ENOUGH).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(BlobStoreDeniedError);
        expect((refused as Error).message).toMatch(sentence);
        expect(JSON.stringify(refused) + String((refused as Error).stack)).not.toContain('another secret');
      }
      await expect(store.get('files/a/1')).rejects.toThrow(BlobStoreDeniedError);
      await expect(store.health()).rejects.toThrow(BlobStoreDeniedError);
    });

    it('gives objects the tags and the encryption that it was told', async () => {
      const PLACEMENTS = JSON.stringify({ eu: { blobs: 'default', vectors: 'default', connections: [] } });
      const store = await open({ PLACEMENTS, S3_ENABLE_TAGGING: 'true', S3_SERVER_SIDE_ENCRYPTION: 'AES256' });
      const client = createS3Client(configFrom(server.env));
      for (const size of [10, 9 * MIB]) {
        const content = bytes(size);
        await store.put('at/eu/pictures/t', stream(content), ENOUGH);
        const object = { Bucket: server.bucket, Key: 'at/eu/pictures/t' };
        const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(object));
        expect(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]))).toEqual({
          kind: 'pictures',
          placement: 'eu',
        });
        expect((await client.send(new HeadObjectCommand(object))).ServerSideEncryption).toBe('AES256');
        expect((await read((await store.get('at/eu/pictures/t')).stream)).equals(content)).toBe(true);
      }
      client.destroy();
    });

    it('a read-only key can read, but not write or delete', async () => {
      await (await open()).put('files/b/1', stream(bytes(10)), ENOUGH);
      const reader = await open({ S3_ACCESS_KEY_ID: server.readerKeyId });
      expect((await read((await reader.get('files/b/1')).stream)).length).toBe(10);
      await expect(reader.put('files/b/2', stream(bytes(10)), ENOUGH)).rejects.toThrow(/permission/);
      await expect(reader.delete('files/b/1')).rejects.toThrow(BlobStoreDeniedError);
    });

    it('an unreachable store counts as away after a moment', async () => {
      const store = await open({ S3_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` });
      const source = stream(bytes(9 * MIB));
      await expect(store.put('files/c/1', source, ENOUGH)).rejects.toThrow(BlobStoreUnavailableError);
      expect(source.destroyed).toBe(true);
      await expect(store.get('files/c/1')).rejects.toThrow(BlobStoreUnavailableError);
      await expect(store.health()).rejects.toThrow(/S3_ENDPOINT_URL/);
    });

    // The next two wait, each for a limit of its own, and at the same time.
    it.concurrent(
      'a store that accepts connections and does not answer is unhealthy within a few seconds, and no caller waits for ever',
      async () => {
        const silent: Server = createServer(() => undefined);
        const port = await new Promise<number>((resolve) =>
          silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port)),
        );
        const store = await open({ S3_ENDPOINT_URL: `http://127.0.0.1:${port}` });
        await Promise.all([
          expect(store.health()).rejects.toThrow(BlobStoreUnavailableError),
          expect(store.get('files/c/1')).rejects.toThrow(BlobStoreUnavailableError),
        ]);
        await store.close();
        silent.close();
      },
    );

    it.concurrent('a download may take longer than any request may', async () => {
      const store = await open();
      await store.put('files/f/1', stream(bytes(30 * MIB)), ENOUGH);
      const { stream: source } = await store.get('files/f/1');
      let taken = 0;
      for await (const part of source as AsyncIterable<Buffer>) {
        // Longer than the limit of a small request, with most of it still to come.
        if (taken === 0) await sleep(17_000);
        taken += part.length;
      }
      expect(taken).toBe(30 * MIB);
    });

    it('a store that dies during an upload and comes back: the upload fails, and its leftovers can be removed', async () => {
      const store = await open();
      const client = createS3Client(configFrom(server.env));
      const unfinished = async (): Promise<number> => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: server.bucket }));
        return Uploads.length;
      };
      const source = new Readable({ read: () => undefined });
      const put = store.put('files/d/1', source, ENOUGH);
      put.catch(() => undefined);
      source.push(bytes(20 * MIB));
      await expect.poll(unfinished, { timeout: 20_000 }).toBe(1);
      await server.kill();
      source.push(bytes(20 * MIB));
      source.push(null);
      await expect(put).rejects.toThrow(BlobStoreUnavailableError);
      expect(source.destroyed).toBe(true);
      await server.start();
      await expect(store.get('files/d/1')).rejects.toThrow(/no blob/);
      expect(await store.removeUnfinished(0)).toBe(1);
      expect(await store.removeUnfinished(0)).toBe(0);
      await store.put('files/d/1', stream(bytes(20 * MIB)), ENOUGH);
      expect((await read((await store.get('files/d/1')).stream)).length).toBe(20 * MIB);
      client.destroy();
    });

    it('a store that dies during a download ends it with an error, not with half a file', async () => {
      const store = await open();
      await store.put('files/e/1', stream(bytes(40 * MIB)), ENOUGH);
      const { stream: source } = await store.get('files/e/1');
      let taken = 0;
      const reading = (async () => {
        for await (const part of source as AsyncIterable<Buffer>) {
          taken += part.length;
          if (taken < MIB) continue;
          if (server.process.running) await server.kill();
        }
      })();
      await expect(reading).rejects.toThrow(BlobStoreUnavailableError);
      await server.start();
      expect((await read((await store.get('files/e/1')).stream)).length).toBe(40 * MIB);
    });
  },
);

describe('an unusable directory', () => {
  it('is refused, with advice', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'perennial-blobs-'));
    // A file in place of the directory: root cannot write there either.
    await writeFile(join(directory, 'blobs'), '');
    const store = await createBlobStore(configFrom({ DATA_DIR: directory }));
    const source = stream(bytes(10));
    await expect(store.put('files/a/1', source, ENOUGH)).rejects.toThrow(BlobStoreDeniedError);
    expect(source.destroyed).toBe(true);
    await expect(store.health()).rejects.toThrow(/DATA_DIR/);
    await rm(directory, { recursive: true });
  });
});
