import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStore, blobStoreEnv, createBlobStore, type PlacedBlobStore } from '@perennial/blob-store';
import { ConcurrencyLimiter, readEnv } from '@perennial/runtime';
import {
  azuriteEntry,
  type AzuriteServer,
  freePort,
  ManagedProcess,
  missingServer,
  seaweedBinary,
  type SeaweedServer,
  startAzurite,
  startSeaweed,
  waitFor,
} from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Installation } from './installation';
import { FileUser } from './migrated-files';

const missing =
  (await missingServer('S3 (SeaweedFS)', () => seaweedBinary())) ??
  (await missingServer('Azure (Azurite)', () => azuriteEntry()));

interface Row {
  phase: string;
  active: string;
  other: string | null;
  isRunning?: boolean;
}

/** Files that are compared, so that a run takes seconds. */
const FEW = ['--sample', '20'];

/** Real: the built command line and services, Postgres, Redis, a directory, SeaweedFS and Azurite, and a person over HTTP throughout. */
describe.skipIf(missing !== undefined)('perennial blobs migrate', { timeout: 120_000 }, () => {
  let here: Installation;
  let s3: SeaweedServer;
  let azure: AzuriteServer;
  let user: FileUser;
  let chat: ManagedProcess;
  let stores: PlacedBlobStore;
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const install = async (variables: Record<string, string>): Promise<Installation> => {
      const installation = await Installation.create(variables);
      await installation.inside(['migrate']);
      return installation;
    };
    const installing = install({
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_OPENAI_API_BASE_URL: 'http://127.0.0.1:1/v1',
      MAX_UPLOADS_PER_USER: '20',
      LOG_LEVEL: 'warn',
    });
    [s3, azure, here] = await Promise.all([startSeaweed(), startAzurite(), installing]);
    stops.push(
      () => s3.stop(),
      () => azure.stop(),
      () => here.stop(),
    );
    here.env['BLOB_STORES'] = JSON.stringify({ cloud: s3.env, sky: azure.env });
    const port = await freePort();
    // One process has an older configuration.
    [chat] = await Promise.all([
      here.startReplica('chat', { BLOB_STORES: '{}' }),
      here.start('auth', 'config', 'retrieval'),
      here.startReplica('gateway', { PORT: String(port) }),
    ]);
    user = await FileUser.signUp(`http://127.0.0.1:${port}`);
    const { DATA_DIR, BLOB_STORES } = here.env;
    stores = await createBlobStore(readEnv(z.object(blobStoreEnv), { DATA_DIR, BLOB_STORES }, { service: 'test' }));
    stops.push(() => stores.close());
  }, 240_000);
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  /** A command as a process, which can be killed. */
  const begin = (name: string, ...args: string[]): ManagedProcess => {
    const command = new ManagedProcess({
      name,
      command: process.execPath,
      args: [here.program, 'blobs', name, ...args],
      env: here.env,
    });
    command.start();
    stops.push(() => command.kill());
    return command;
  };
  const told = (command: ManagedProcess, sentence: RegExp): Promise<unknown> =>
    waitFor(
      () => {
        if (!sentence.test(command.output)) throw new Error(`it has told: ${command.output}`);
        return true;
      },
      { what: `"${sentence.source}"`, timeoutMs: 60_000 },
    );
  const status = () => here.json<Row>('blobs', 'migrate', 'status');
  const keysIn = async (store: BlobStore): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list('files/')) keys.push(key);
    return keys;
  };
  const hashesIn = async (name: string): Promise<Record<string, string>> => {
    const store = await stores.own.at(name);
    const hashOf = async (key: string): Promise<[string, string]> => {
      const hash = createHash('sha256');
      for await (const chunk of (await store.get(key)).stream) hash.update(chunk as Buffer);
      return [key.split('/')[1]!, hash.digest('hex')];
    };
    return Object.fromEntries(await new ConcurrencyLimiter(8).map(await keysIn(store), hashOf));
  };
  const countIn = async (name: string): Promise<number> => (await keysIn(await stores.own.at(name))).length;
  /** Every store has what the person has: the same files, byte for byte, and none that was deleted. */
  const expectEqual = async (...names: string[]): Promise<void> => {
    const wanted = Object.fromEntries(user.files);
    for (const name of names)
      await waitFor(async () => (await countIn(name)) === user.files.size, {
        what: `the files of "${name}"`,
        timeoutMs: 20_000,
        intervalMs: 250,
      });
    for (const name of names) expect(await hashesIn(name)).toEqual(wanted);
  };
  /** With somebody who uploads, reads and deletes all the while. */
  const underWork = async (work: () => Promise<void>): Promise<void> => {
    const working = user.work();
    try {
      await work();
    } finally {
      user.rest();
      await working;
    }
    expect(user.faults).toEqual([]);
    expect(user.reads).toBeGreaterThan(20);
  };

  /** The variables of another site, which has directories only, and its stores. */
  const otherSite = async (): Promise<{ file: string; stores: PlacedBlobStore }> => {
    const DATA_DIR = join(here.dataDir, 'site-b');
    const BLOB_STORES = JSON.stringify({ cloud: { DATA_DIR: join(here.dataDir, 'site-b-cloud') } });
    const file = join(here.dataDir, 'site-b.env');
    await writeFile(file, `DATA_DIR=${DATA_DIR}\nBLOB_STORES='${BLOB_STORES}'\n`);
    const variables = { DATA_DIR, BLOB_STORES };
    return { file, stores: await createBlobStore(readEnv(z.object(blobStoreEnv), variables, { service: 'test' })) };
  };

  it('refuses what it cannot do, and says what to do', async () => {
    for (const [args, sentence] of [
      [[], '--to NAME'],
      [['--to', 'nowhere'], 'no store "nowhere" in BLOB_STORES. Declared are: default, cloud, sky'],
      [['status', '--without-copying'], 'belongs to finish and rollback'],
    ] as const) {
      const { code, stderr } = await here.inside(['blobs', 'migrate', ...args]);
      expect(code).not.toBe(0);
      expect(stderr).toContain(sentence);
    }
    const hidden = await here.inside(['blobs', 'migrate', '--to', 'cloud'], { REDIS_KEY_PREFIX: 'another' });
    expect(hidden.stderr).toMatch(/used by .*retrieval.*Redis knows of no service.*REDIS_KEY_PREFIX/);
    const refused = await here.inside(['blobs', 'migrate', '--to', 'cloud']);
    expect(refused.stderr).toContain('chat-1 do not know "cloud"');
    expect(await status()).toMatchObject({ phase: 'settled', active: 'default', isRunning: false });
    await chat.kill();
    chat = await here.startReplica('chat');
    // A directory in which there is nothing looks like a store without files.
    await user.upload();
    const elsewhere = await here.inside(['blobs', 'migrate', '--to', 'cloud'], { DATA_DIR: '/nowhere' });
    expect(elsewhere.stderr).toContain('None of 1 files that the database names is in "default"');
  });

  it('from a directory to S3 under work: killed in the midst, it goes on; one at a time', async () => {
    await user.upload(randomBytes(2_000_000));
    for (let n = 0; n < 5; n += 1) await Promise.all(Array.from({ length: 8 }, () => user.upload()));
    await underWork(async () => {
      const killed = begin('migrate', '--to', 'cloud', '--rate', '0.05');
      await waitFor(async () => (await countIn('cloud')) > 5, {
        what: 'some copies',
        timeoutMs: 30_000,
        intervalMs: 250,
      });
      expect(await status()).toMatchObject({ phase: 'copying', active: 'default', other: 'cloud', isRunning: true });
      const second = await here.inside(['blobs', 'migrate', '--to', 'cloud']);
      expect(second.stderr).toContain('Another `perennial blobs migrate` runs');
      await killed.kill();
      expect(await countIn('cloud')).toBeLessThan(await countIn('default'));
      expect((await here.inside(['blobs', 'migrate', '--to', 'sky'])).stderr).toContain('from "default" to "cloud"');
      expect(await here.json('blobs', 'migrate', '--to', 'cloud', ...FEW)).toMatchObject({
        phase: 'moved',
        active: 'cloud',
      });
    });
    await expectEqual('default', 'cloud');
  });

  it('goes back, with what was stored since', async () => {
    const id = await user.upload();
    expect(await here.json('blobs', 'migrate', 'rollback', ...FEW)).toMatchObject({
      phase: 'settled',
      active: 'default',
    });
    await waitFor(async () => (await hashesIn('default'))[id] === user.files.get(id));
    await user.remove();
    const site = await otherSite();
    const mirror = begin('mirror', site.file, '--every', '1');
    await underWork(async () => {
      // What was deleted since then lies in the other store still, and is removed there first.
      await here.json('blobs', 'migrate', '--to', 'cloud', ...FEW);
      expect(await here.json('blobs', 'migrate', 'finish', ...FEW)).toMatchObject({
        phase: 'settled',
        active: 'cloud',
      });
    });
    await expectEqual('cloud');
    // What copies the files to another site has noticed where they are now.
    const last = await user.upload();
    await waitFor(async () => (await keysIn(await site.stores.own.at('cloud'))).some((key) => key.includes(last)), {
      what: `the file at the other site: ${mirror.output}`,
      timeoutMs: 20_000,
      intervalMs: 250,
    });
    await mirror.kill();
    const refused = await here.inside(['blobs', 'mirror', site.file], { BLOB_STORES: '{}' });
    expect(refused.stderr).toContain('"cloud" is not declared in BLOB_STORES');
  });

  it('from S3 to Azure, which dies in the midst, and with a process that is paused: it waits, and says so', async () => {
    await underWork(async () => {
      const moving = begin('migrate', '--to', 'sky', '--rate', '0.05');
      await waitFor(async () => (await countIn('sky')) > 5, {
        what: 'some copies',
        timeoutMs: 30_000,
        intervalMs: 250,
      });
      await azure.kill();
      await told(moving, /A store is away/);
      expect(moving.running).toBe(true);
      await moving.kill();
      await user.upload();
      const again = begin('migrate', '--to', 'sky', ...FEW);
      chat.pause();
      await azure.start();
      await told(again, /know of this phase yet: .*chat-1 \(silent\)/);
      expect(again.running).toBe(true);
      chat.cont();
      expect(await again.exited).toMatchObject({ code: 0 });
    });
    expect(await status()).toMatchObject({ phase: 'moved', active: 'sky', other: 'cloud', isRunning: false });
    await expectEqual('cloud', 'sky');
  });

  it('the new store is lost during the grace: its files are read from the old one, and it goes back without it', async () => {
    await azure.kill();
    await Promise.all([...user.files.keys()].slice(0, 5).map((id) => user.read(id)));
    expect(user.faults).toEqual([]);
    const args = ['blobs', 'migrate', 'rollback', '--without-copying'];
    expect(await here.json(...args)).toMatchObject({ phase: 'settled', active: 'cloud' });
    await waitFor(
      () =>
        user.upload().then(
          () => true,
          () => false,
        ),
      { what: 'an upload', timeoutMs: 30_000 },
    );
    await expectEqual('cloud');
  });
});
