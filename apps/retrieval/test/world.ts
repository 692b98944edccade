import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import type { NoticePayload, UserPrincipal } from '@perennial/contracts-kernel';
import { FILE_PROGRESS, files, knowledge, type StoredFile, toBlobKey } from '@perennial/contracts-retrieval';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import {
  buildService,
  freePort,
  freshPrefix,
  killInstance,
  ManagedProcess,
  TestStores,
  waitFor,
} from '@perennial/testing';
import { type Caller, startCaller } from '@perennial/testing-service';
import { createVectorStore, type PointRef, type VectorStore, vectorStoreEnv } from '@perennial/vector-store';
import pg from 'pg';
import { z } from 'zod';

const SECRET_KEY = 'the secret of the retrieval tests';

const STEPS = ['extract', 'split', 'embed', 'index'] as const;
export type IngestionStep = (typeof STEPS)[number];

/**
 * A small installation: a database and keys of its own, the simulator as embedder, LanceDB and blobs in a directory, a gateway's side in this
 * process, and as many real retrieval processes as a test starts.
 */
export class World {
  readonly prefix = freshPrefix('retrieval');
  readonly processes: ManagedProcess[] = [];
  readonly notices: NoticePayload<typeof FILE_PROGRESS>[] = [];
  caller!: Caller;
  db!: pg.Pool;
  blobs!: BlobStore;
  vectors!: VectorStore;

  private constructor(
    readonly stores: TestStores,
    readonly simulator: Simulator,
    private readonly bundle: string,
    readonly dataDir: string,
    private readonly options: Required<Omit<WorldOptions, 'apart'>>,
  ) {}

  static async start({ model = 'sim-embed-text5', store = {}, apart = false }: WorldOptions = {}): Promise<World> {
    const [stores, simulator, bundle, dataDir] = await Promise.all([
      apart ? TestStores.apart('retrieval_test') : TestStores.shared('retrieval_test'),
      startSimulator(),
      buildService('retrieval'),
      mkdtemp(join(tmpdir(), 'perennial-retrieval-')),
    ]);
    const world = new World(stores, simulator, bundle, dataDir, { model, store });
    await world.connect();
    return world;
  }

  private async connect(): Promise<void> {
    this.db = new pg.Pool({ connectionString: this.stores.databaseUrl, max: 4, options: '-c search_path=retrieval' });
    this.db.on('error', () => undefined);
    this.blobs = await createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: this.dataDir }));
    this.vectors = createVectorStore(z.object(vectorStoreEnv).parse({ DATA_DIR: this.dataDir, ...this.options.store }));
    this.caller = await startCaller(this.stores.redisUrl, this.prefix);
    await this.caller.notices.subscribe(FILE_PROGRESS, (notice) => this.notices.push(notice));
  }

  async stop(): Promise<void> {
    await this.endProcesses();
    await this.caller.stop();
    await this.db.end();
    await this.vectors.close();
    await this.blobs.close();
    await Promise.all([this.simulator.close(), this.stores.stop()]);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Starts a retrieval process and waits until it is ready. */
  async retrieval(
    role: 'api' | 'worker' | 'all',
    env: Record<string, string> = {},
    until: 'ready' | 'live' = 'ready',
  ): Promise<ManagedProcess> {
    const port = Number(env.HEALTH_PORT ?? (await freePort()));
    const name = `retrieval-${role}-${this.processes.length}`;
    const handle = new ManagedProcess({
      name,
      command: process.execPath,
      args: ['--import', `${this.bundle}/telemetry.js`, `${this.bundle}/main.js`],
      env: {
        NODE_ENV: 'test',
        // As the launcher starts it.
        MALLOC_ARENA_MAX: '2',
        NODE_OPTIONS: '--max-semi-space-size=2',
        DATABASE_URL: this.stores.databaseUrl,
        REDIS_URL: this.stores.redisUrl,
        REDIS_KEY_PREFIX: this.prefix,
        SECRET_KEY,
        DATA_DIR: this.dataDir,
        RETRIEVAL_ROLE: role,
        RAG_EMBEDDING_ENGINE: 'openai',
        RAG_EMBEDDING_MODEL: this.options.model,
        ...this.options.store,
        RAG_OPENAI_API_BASE_URL: `${this.simulator.url}/v1`,
        HEALTH_PORT: String(port),
        INSTANCE_ID: name,
        ...env,
      },
    });
    this.processes.push(handle);
    handle.start();
    await handle.waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/health/${until}`)).ok, `it is ${until}`);
    return handle;
  }

  workers(count: number, env: Record<string, string> = {}): Promise<ManagedProcess[]> {
    return Promise.all(Array.from({ length: count }, () => this.retrieval('worker', env)));
  }

  /** Kills every retrieval process, or those of one role. */
  async endProcesses(role = ''): Promise<void> {
    for (const handle of this.processes) {
      if (!handle.running || !handle.name.startsWith(`retrieval-${role}`)) continue;
      handle.cont();
      await handle.kill();
    }
  }

  /** Kills the process that owns a file: a worker, or its quarantine process. */
  async killOwner(fileId: string): Promise<void> {
    const { rows } = await this.db.query<{ instance: string }>(
      'SELECT p.instance FROM files f JOIN processes p ON p.id = f.owner WHERE f.id = $1',
      [fileId],
    );
    await killInstance(this.processes, rows[0]!.instance);
  }

  async base(user: UserPrincipal, name = 'Base'): Promise<string> {
    return (await this.caller.rpc.call(knowledge.create, { name }, { principal: user })).id;
  }

  /** An upload, like a gateway's. */
  async upload(
    user: UserPrincipal,
    text: string,
    { knowledgeId, name = 'notes.txt' }: { knowledgeId?: string; name?: string } = {},
  ): Promise<StoredFile> {
    const fileId = randomUUID();
    const stored = await this.put(toBlobKey(fileId, '1'), text);
    const request = { fileId, name, contentType: 'text/plain', knowledgeId, ...stored };
    return this.caller.rpc.call(files.register, request, { principal: user, key: fileId });
  }

  async replace(user: UserPrincipal, fileId: string, text: string): Promise<StoredFile> {
    const blobKey = toBlobKey(fileId, randomUUID());
    const stored = await this.put(blobKey, text);
    return this.caller.rpc.call(
      files.replace,
      { fileId, blobKey, contentType: 'text/plain', ...stored },
      { principal: user, key: blobKey },
    );
  }

  async put(key: string, text: string): Promise<{ size: number; sha256: string }> {
    return this.blobs.put(key, Readable.from([Buffer.from(text)]), { maxBytes: 1e9 });
  }

  /** The file's row. */
  async row(fileId: string): Promise<FileRecord> {
    const { rows } = await this.db.query<FileRecord>('SELECT * FROM files WHERE id = $1', [fileId]);
    return rows[0]!;
  }

  /** Waits for a state of the file's row. */
  until(
    fileId: string,
    look: (row: FileRecord) => boolean,
    what: string,
    timeoutMs = 30_000,
    intervalMs?: number,
  ): Promise<FileRecord> {
    return waitFor(async () => ((row) => row && look(row) && row)(await this.row(fileId)), {
      timeoutMs,
      what,
      ...(intervalMs === undefined ? {} : { intervalMs }),
    });
  }

  /** Waits until the file has reached a step of its ingestion: a short one may be over between two looks. */
  reached(fileId: string, step: IngestionStep): Promise<FileRecord> {
    const from = STEPS.indexOf(step);
    return this.until(
      fileId,
      (row) =>
        row.state === 'completed' || (row.state === 'processing' && STEPS.indexOf(row.step as IngestionStep) >= from),
      `${fileId} to reach the step ${step}`,
      30_000,
      2,
    );
  }

  completed(fileId: string, timeoutMs = 60_000): Promise<FileRecord> {
    return this.until(fileId, ({ state }) => state === 'completed', `${fileId} to be completed`, timeoutMs);
  }

  /** The process that owns the file. */
  async ownerOf(fileId: string): Promise<ManagedProcess> {
    return waitFor(
      async () => {
        const { rows } = await this.db.query<{ instance: string }>(
          'SELECT p.instance FROM files f JOIN processes p ON p.id = f.owner WHERE f.id = $1',
          [fileId],
        );
        return this.processes.find((handle) => handle.name === rows[0]?.instance);
      },
      { what: `an owner of ${fileId}` },
    );
  }

  /** All points of a file in the active index, in order. */
  async points(fileId: string): Promise<PointRef[]> {
    const { rows } = await this.db.query<{ collection: string }>(
      `SELECT collection FROM indexes WHERE state = 'active'`,
    );
    if (!rows[0]) return [];
    const { points } = await this.vectors.scroll(rows[0].collection, { filter: { fileIds: [fileId] }, limit: 10_000 });
    return points.sort((one, other) => one.ordinal - other.ordinal || (one.id < other.id ? -1 : 1));
  }

  async count(table: string, where: string, ...params: unknown[]): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${table} WHERE ${where}`,
      params,
    );
    return rows[0]!.count;
  }

  /** No removal is pending. */
  async swept(timeoutMs = 30_000): Promise<void> {
    await waitFor(async () => (await this.count('removals', 'true')) === 0, {
      what: 'all removals to be done',
      timeoutMs,
    });
  }
}

export interface WorldOptions {
  /** The simulator's model, which sets the embedder's speed. */
  model?: string;
  /** Variables of another vector store than the embedded one. */
  store?: Record<string, string>;
  /** Servers of its own, for tests that stop one. */
  apart?: boolean;
}

export interface FileRecord {
  id: string;
  state: string;
  step: string | null;
  epoch: number;
  owner: string | null;
  attempts: number;
  deaths: number;
  slow: boolean;
  generation: number;
  live_generation: number | null;
  chunk_count: number | null;
  error: { code: string; message: string } | null;
  deleted_at: Date | null;
}

export function newUser(role: 'user' | 'admin' = 'user'): UserPrincipal {
  return { kind: 'user', userId: randomUUID(), role, sessionId: randomUUID() };
}

/** Plain text of about so many characters, without a repeated sentence. */
export function prose(characters: number, seed = randomUUID()): string {
  const words = 'harbour engine ledger window copper river signal garden paper anchor valley winter'.split(' ');
  let text = '';
  for (let n = 0; text.length < characters; n += 1) {
    const hash = createHash('sha256').update(`${seed} ${n}`).digest();
    const sentence = Array.from({ length: 11 }, (_, k) => words[hash[k]! % words.length]);
    text += `Item ${n} of ${seed.slice(0, 8)}: the ${sentence.join(' ')}.${n % 6 === 5 ? '\n\n' : ' '}`;
  }
  return text;
}
