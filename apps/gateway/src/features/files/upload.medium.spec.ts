import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import {
  buildService,
  freshPrefix,
  type ManagedProcess,
  missingServer,
  redisUrl,
  seaweedBinary,
  type SeaweedServer,
  startSeaweed,
} from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Part, repeated, sendForm } from '../../../test/forms';
import { startGatewayProcess, watchMemory } from '../../../test/gateway-process';
import { type Services, startServices } from '../../../test/services';
import { startTinyRetrieval } from '../../../test/tiny-retrieval';

/**
 * Real: a built gateway process, Redis, the transport, the file system, SeaweedFS. The other services reply from memory.
 */
const MIB = 1_048_576;
const LARGE = 256 * MIB;
/** Memory growth in MiB over idle that one upload, and one download, of any size may cause. */
const GROWTH = 100;
const block = randomBytes(MIB);
const missing = await missingServer('S3 (SeaweedFS)', () => seaweedBinary());

let bundle: string;
let services: Services;
let retrieval: { close(): Promise<void> };
const prefix = freshPrefix('uploads');
beforeAll(async () => {
  bundle = await buildService('gateway');
  services = await startServices(redisUrl(), prefix);
  retrieval = await startTinyRetrieval(redisUrl(), prefix);
}, 120_000);
afterAll(async () => {
  await retrieval?.close();
  await services?.close();
});

const hashOf = (total: number): string => {
  const hash = createHash('sha256');
  for (let left = total; left > 0; left -= MIB) hash.update(left >= MIB ? block : block.subarray(0, left));
  return hash.digest('hex');
};
const file = (content: Part['content'], fileName = 'large.bin'): Part => ({ name: 'file', fileName, content });

interface Place {
  name: string;
  missing?: string;
  variables(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

let seaweed: SeaweedServer;
let directory: string;
const places: Place[] = [
  {
    name: 'a directory',
    async variables() {
      directory = await mkdtemp(join(tmpdir(), 'perennial-uploads-'));
      return { DATA_DIR: directory };
    },
    close: () => rm(directory, { recursive: true, force: true }),
  },
  {
    name: 'S3 (SeaweedFS)',
    missing,
    async variables() {
      seaweed = await startSeaweed();
      // A directory that cannot be written: with S3 a gateway needs no disk.
      return { ...seaweed.env, DATA_DIR: '/proc/nowhere' };
    },
    close: () => seaweed.stop(),
  },
];

describe.each(places)('large files into $name', { timeout: 120_000 }, (place) => {
  if (place.missing) {
    it.skip(`is not tested here: ${place.missing}`, () => undefined);
    return;
  }

  let gateway: { url: string; process: ManagedProcess };
  let store: BlobStore;
  let headers: { authorization: string };
  beforeAll(async () => {
    const variables = await place.variables();
    store = await createBlobStore(z.object(blobStoreEnv).parse(variables));
    gateway = await startGatewayProcess(bundle, {
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      REQUEST_TIMEOUT_MS: '2000',
      ...variables,
    });
    headers = { authorization: `Bearer ${services.account().token}` };
  }, 120_000);
  afterAll(async () => {
    await gateway?.process.stop();
    await store?.close();
    await place.close();
  });

  const upload = (parts: Part[], signal?: AbortSignal) =>
    sendForm(`${gateway.url}/api/v1/files/`, headers, parts, signal);
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list('')) found.push(key);
    return found;
  };

  it('are streamed in and out: the memory of the gateway stays flat', async () => {
    await upload([file('warm')]);
    const watch = await watchMemory(gateway.process.pid);
    const answer = await upload([file(repeated(block, LARGE))]);
    const { idle, peak } = await watch.stop();
    expect(answer.status).toBe(200);
    const { id, meta } = JSON.parse(answer.body) as { id: string; meta: { size: number; file_hash: string } };
    expect(meta).toMatchObject({ size: LARGE, file_hash: hashOf(LARGE) });
    console.info(`upload of ${LARGE / MIB} MiB into ${place.name}: ${idle} MiB idle, ${peak} MiB at most`);
    expect(peak - idle).toBeLessThan(GROWTH);

    const reading = await watchMemory(gateway.process.pid);
    const hash = createHash('sha256');
    let seen = 0;
    await new Promise<void>((resolve, reject) => {
      get(`${gateway.url}/api/v1/files/${id}/content`, { headers, agent: false }, (response) => {
        response.on('data', (piece: Buffer) => {
          hash.update(piece);
          // A reader that stops for a while must slow the store, not fill the gateway's memory.
          if (seen < MIB && seen + piece.length >= MIB) {
            response.pause();
            setTimeout(() => response.resume(), 1_000);
          }
          seen += piece.length;
        });
        response.once('end', resolve);
        response.once('error', reject);
      }).once('error', reject);
    });
    const read = await reading.stop();
    console.info(`download from ${place.name}: ${read.idle} MiB before, ${read.peak} MiB at most`);
    expect({ seen, hash: hash.digest('hex') }).toEqual({ seen: LARGE, hash: hashOf(LARGE) });
    expect(read.peak - idle).toBeLessThan(GROWTH);
  });

  it('leave nothing when their client disconnects', async () => {
    const before = await keys();
    const abort = new AbortController();
    async function* stalling(): AsyncGenerator<Uint8Array> {
      yield* repeated(block, 20 * MIB);
      abort.abort();
      await sleep(1_000);
    }
    await expect(upload([file(stalling())], abort.signal)).rejects.toThrow();
    await expect.poll(() => store.removeUnfinished(0), { timeout: 10_000 }).toBe(0);
    expect(await keys()).toEqual(before);
  });

  it('may exceed the request timeout while they progress; a stalled one is ended and leaves nothing', async () => {
    async function* steps(pauseMs: number): AsyncGenerator<Uint8Array> {
      for (let step = 0; step < 5; step += 1) {
        yield block.subarray(0, 100_000);
        await sleep(pauseMs);
      }
    }
    const before = await keys();
    const [progressing, stalled] = await Promise.all([
      upload([file(steps(1_000))]),
      upload([file(steps(20_000))]).catch((error: NodeJS.ErrnoException) => ({ status: error.code })),
    ]);
    expect(progressing.status).toBe(200);
    expect([408, 'ECONNRESET', 'EPIPE']).toContain(stalled.status);
    const { id } = JSON.parse(progressing.body) as { id: string };
    await expect.poll(async () => (await keys()).filter((key) => !before.includes(key))).toEqual([`files/${id}/1`]);
    await expect.poll(() => store.removeUnfinished(0), { timeout: 10_000 }).toBe(0);
  });

  it('of a killed gateway can be cleaned up, and acknowledged files are stored', async () => {
    const acknowledged = await upload([file('kept')]);
    const { id } = JSON.parse(acknowledged.body) as { id: string };
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield* repeated(block, 20 * MIB);
      await gateway.process.kill();
    }
    await expect(upload([file(endless())])).rejects.toThrow();
    expect(await keys()).toContain(`files/${id}/1`);
    await expect.poll(() => store.removeUnfinished(0), { timeout: 10_000 }).toBe(1);
    if (place.name === 'a directory')
      expect((await readdir(join(directory, 'blobs'), { recursive: true })).join()).not.toContain('.part');
  });
});

describe.skipIf(missing !== undefined)('a store that is away', { timeout: 120_000 }, () => {
  it('is 503 with Retry-After for files only; files work again when it is back', async () => {
    const server = await startSeaweed();
    const gateway = await startGatewayProcess(bundle, {
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      ...server.env,
    });
    const headers = { authorization: `Bearer ${services.account().token}` };
    const upload = () => sendForm(`${gateway.url}/api/v1/files/`, headers, [file(repeated(block, 20 * MIB))]);
    try {
      const first = await upload();
      const { id } = JSON.parse(first.body) as { id: string };
      await server.kill();
      const refused = await upload();
      expect({ status: refused.status, retry: refused.headers['retry-after'] }).toEqual({ status: 503, retry: '5' });
      const content = () => fetch(`${gateway.url}/api/v1/files/${id}/content`, { headers });
      expect((await content()).status).toBe(503);
      expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
      await server.start();
      expect((await content()).headers.get('content-length')).toBe(String(20 * MIB));
      expect((await upload()).status).toBe(200);
    } finally {
      await gateway.process.stop();
      await server.stop();
    }
  });
});

describe('files of people with a placement', () => {
  const directories: string[] = [];
  let gateway: { url: string; process: ManagedProcess };
  beforeAll(async () => {
    for (const name of ['own', 'eu']) directories.push(await mkdtemp(join(tmpdir(), `perennial-uploads-${name}-`)));
    const [own = '', eu = ''] = directories;
    gateway = await startGatewayProcess(bundle, {
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: prefix,
      DATA_DIR: own,
      PLACEMENTS: JSON.stringify({ eu: { blobs: { DATA_DIR: eu }, vectors: 'default', connections: [] } }),
    });
  }, 120_000);
  afterAll(async () => {
    await gateway?.process.stop();
    for (const directory of directories) await rm(directory, { recursive: true, force: true });
  });

  const uploadAs = async (placement: string | null) => {
    const { user, token } = services.account();
    user.placement = placement;
    const headers = { authorization: `Bearer ${token}` };
    return sendForm(`${gateway.url}/api/v1/files/`, headers, [file('The bytes.', 'notes.txt')]);
  };
  const stored = async (directory = ''): Promise<string[]> =>
    (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.blob'));

  it('go to its store alone, and nowhere if this gateway does not know it', async () => {
    const [own, eu] = directories;
    const placed = await uploadAs('eu');
    expect(placed.status).toBe(200);
    const { id } = JSON.parse(placed.body) as { id: string };
    expect([await stored(own), await stored(eu)]).toEqual([[], [`blobs/at/eu/files/${id}/1.blob`]]);
    expect((await uploadAs('mars')).status).toBe(503);
    expect((await uploadAs(null)).status).toBe(200);
    expect([(await stored(own)).length, (await stored(eu)).length]).toEqual([1, 1]);
  });
});
