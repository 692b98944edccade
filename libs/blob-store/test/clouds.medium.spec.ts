import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import {
  azuriteEntry,
  type AzuriteServer,
  fakeGcsBinary,
  type FakeGcsServer,
  freePort,
  missingServer,
  startAzurite,
  startFakeGcs,
} from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlobStore, BlobStoreDeniedError, BlobStoreUnavailableError, createBlobStore } from '../src';
import { GcsClient } from '../src/gcs/client';
import { MachineCredentials } from '../src/gcs/credentials';
import { bytes, MIB, stream } from './bytes';
import { configFrom, serviceAccountJson } from './drivers';

/** What is particular to the clouds' own stores. Real: fake-gcs-server and Azurite, killed and with wrong keys. */
const missing = {
  gcs: await missingServer('GCS (fake-gcs-server)', () => fakeGcsBinary()),
  azure: await missingServer('Azure (Azurite)', () => azuriteEntry()),
};
const ENOUGH = { maxBytes: 1024 * MIB };
const credentials = serviceAccountJson();
const closing: (() => Promise<unknown> | void)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

async function open(variables: Record<string, string>): Promise<BlobStore> {
  const store = await createBlobStore(configFrom(variables));
  closing.push(() => store.close());
  return store;
}

/** A server on this machine, until the end of the file. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failureOf = (work: Promise<unknown>): Promise<Error & { retryAfterS?: number }> =>
  work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error as Error,
  );

describe.skipIf(missing.gcs !== undefined)('Google Cloud Storage', { timeout: 60_000 }, () => {
  let server: FakeGcsServer;
  const gcs = (variables: Record<string, string> = {}) =>
    open({ ...server.env, GOOGLE_APPLICATION_CREDENTIALS_JSON: credentials, ...variables });
  beforeAll(async () => {
    server = await startFakeGcs();
    closing.push(() => server.stop());
  }, 120_000);

  it('without the bucket is refused at once, with advice', async () => {
    const store = await gcs({ GCS_BUCKET_NAME: 'elsewhere' });
    for (const size of [10, 9 * MIB]) {
      const refused = await failureOf(store.put('files/a/1', stream(bytes(size)), ENOUGH));
      expect(refused).toBeInstanceOf(BlobStoreDeniedError);
      expect(refused.message).toMatch(/set GCS_BUCKET_NAME/);
    }
    await expect(store.health()).rejects.toThrow(/set GCS_BUCKET_NAME/);
  });

  it('that does not answer counts as away, and no caller waits for ever', async () => {
    const refusing = await gcs({ GCS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` });
    await expect(refusing.get('files/a/1')).rejects.toThrow(/GCS_ENDPOINT_URL/);
    const silent = await gcs({ GCS_ENDPOINT_URL: await listen(createServer(() => undefined)) });
    await expect(silent.health()).rejects.toThrow(BlobStoreUnavailableError);
  });

  it('that is busy is asked again after the time that it names, and says it to the caller', async () => {
    const times: number[] = [];
    const busy = createHttpServer((request, response) => {
      request.resume();
      times.push(Date.now());
      response.writeHead(429, { 'retry-after': '1' }).end('{"error":{"message":"secret of the store"}}');
    });
    const store = await gcs({ GCS_ENDPOINT_URL: await listen(busy) });
    const refused = await failureOf(store.get('files/a/1'));
    expect(refused).toBeInstanceOf(BlobStoreUnavailableError);
    expect(refused.retryAfterS).toBe(1);
    expect(refused.message).not.toContain('secret');
    expect(times.length).toBe(3);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  it('whose connection breaks in the middle of a part gets the rest of it, once', async () => {
    // The emulator ends an upload when it is asked how far it is, so this is the protocol as Google describes it.
    const arrived: Buffer[] = [];
    const ranges: string[] = [];
    let broken = 0;
    const sessions = createHttpServer((request, response) => {
      const size = (): number => arrived.reduce((sum, { length }) => sum + length, 0);
      if (request.method === 'POST') {
        request.resume();
        response.setHeader('location', `http://${request.headers.host}/session?upload_id=1`).end();
        return;
      }
      const range = String(request.headers['content-range']);
      ranges.push(range);
      request.on('data', (chunk: Buffer) => {
        if (broken === 0 && size() > 6 * MIB) {
          broken += 1;
          request.destroy();
        } else if (!request.destroyed) arrived.push(chunk);
      });
      request.on('end', () => {
        const complete = range.endsWith(`/${size()}`);
        response.statusCode = complete ? 200 : 308;
        if (!complete) response.setHeader('range', `bytes=0-${size() - 1}`);
        response.end();
      });
      request.on('error', () => undefined);
    });
    const store = await gcs({ GCS_ENDPOINT_URL: await listen(sessions) });
    const content = bytes(20 * MIB, 3);
    await store.put('files/b/1', stream(content), ENOUGH);
    expect(broken).toBe(1);
    expect(Buffer.concat(arrived).equals(content)).toBe(true);
    expect(ranges.filter((range) => range.startsWith('bytes */'))).toEqual(['bytes */*']);
  });

  it('takes tokens of the machine, and says what to set where there are none', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const metadata = createHttpServer((request, response) => {
      seen.push(request.headers);
      response.end(JSON.stringify({ access_token: 'token-of-the-machine', expires_in: 3_600 }));
    });
    const store = createHttpServer((request, response) => {
      seen.push(request.headers);
      response.end('{}');
    });
    const machine = new MachineCredentials(await listen(metadata));
    const client = new GcsClient(await listen(store), machine);
    closing.push(() => client.close());
    for (let turn = 0; turn < 2; turn += 1) await client.sendForNothing({ method: 'GET', url: '/storage' });
    expect(seen.map((headers) => headers['metadata-flavor'] ?? headers.authorization)).toEqual([
      'Google',
      'Bearer token-of-the-machine',
      'Bearer token-of-the-machine',
    ]);
    const nowhere = new MachineCredentials(`http://127.0.0.1:${await freePort()}`);
    await expect(nowhere.authorization()).rejects.toThrow(/set GOOGLE_APPLICATION_CREDENTIALS_JSON/);
  });

  it('that dies during a download ends it with an error, not with half a file', async () => {
    const store = await gcs();
    await store.put('files/e/1', stream(bytes(20 * MIB)), ENOUGH);
    await expect(readAndKill(store, server)).rejects.toThrow(BlobStoreUnavailableError);
  });
});

describe.skipIf(missing.azure !== undefined)('Azure Blob Storage', { timeout: 60_000 }, () => {
  let server: AzuriteServer;
  const azure = (variables: Record<string, string> = {}) => open({ ...server.env, ...variables });
  beforeAll(async () => {
    server = await startAzurite();
    closing.push(() => server.stop());
  }, 120_000);

  it.each([
    ['a wrong key', { AZURE_STORAGE_KEY: Buffer.alloc(32, 7).toString('base64') }, /set AZURE_STORAGE_KEY/],
    ['no such container', { AZURE_STORAGE_CONTAINER_NAME: 'elsewhere' }, /set AZURE_STORAGE_CONTAINER_NAME/],
  ])('with %s is refused at once, with advice', async (_, variables, sentence) => {
    const store = await azure(variables);
    for (const size of [10, 9 * MIB]) {
      const refused = await failureOf(store.put('files/a/1', stream(bytes(size)), ENOUGH));
      expect(refused).toBeInstanceOf(BlobStoreDeniedError);
      expect(refused.message).toMatch(sentence);
      expect(JSON.stringify(refused) + refused.stack).not.toMatch(/BwcHBw|signature/i);
    }
    await expect(store.get('files/a/1')).rejects.toThrow(sentence);
    await expect(store.health()).rejects.toThrow(sentence);
  });

  it('that does not answer counts as away, and no caller waits for ever', async () => {
    const refusing = await azure({ AZURE_STORAGE_ENDPOINT: `http://127.0.0.1:${await freePort()}/perennial` });
    await expect(refusing.get('files/a/1')).rejects.toThrow(/AZURE_STORAGE_ENDPOINT/);
    const silent = await azure({ AZURE_STORAGE_ENDPOINT: `${await listen(createServer(() => undefined))}/perennial` });
    await expect(silent.health()).rejects.toThrow(BlobStoreUnavailableError);
  });

  it('that dies during a download ends it with an error, not with half a file', async () => {
    const store = await azure();
    await store.put('files/e/1', stream(bytes(20 * MIB)), ENOUGH);
    await expect(readAndKill(store, server)).rejects.toThrow(BlobStoreUnavailableError);
  });
});

/** Reads a blob of 20 MiB whose store is killed after the first. */
async function readAndKill(store: BlobStore, server: FakeGcsServer | AzuriteServer): Promise<void> {
  const { stream: source } = await store.get('files/e/1');
  let taken = 0;
  for await (const part of source as AsyncIterable<Buffer>) {
    taken += part.length;
    if (taken > MIB && server.process.running) await server.kill();
  }
}
