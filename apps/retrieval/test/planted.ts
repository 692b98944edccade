import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { embeddingFrom, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { type Caller, type Replica, startCaller, startReplica } from '@perennial/testing-service';
import { createVectorStore, type Point, pointId, type VectorStore, vectorStoreEnv } from '@perennial/vector-store';
import pg from 'pg';
import { z } from 'zod';
import { retrievalEnv } from '../src/env';
import { RetrievalModule } from '../src/retrieval.module';

export const MODEL = 'sim-embed';

/** A file whose rows and points the test itself writes. */
export interface PlantedFile {
  id: string;
  name: string;
  userId: string;
  scope: string;
  generation: number;
  texts: readonly string[];
}

export interface PlantOptions {
  user: UserPrincipal;
  texts: readonly string[];
  /** A base's id; on its own without one. */
  scope?: string;
  name?: string;
  pages?: readonly number[];
}

/**
 * Replicas of retrieval in this process on the run's Postgres and Redis, a vector store, and the simulator as embedder. Files are planted:
 * rows and points are written as an ingestion, or a crash, would leave them.
 */
export class PlantedWorld {
  readonly replicas: Replica[] = [];
  caller!: Caller;
  db!: pg.Pool;
  store!: VectorStore;
  collection = '';
  indexId = '';

  private constructor(
    readonly simulator: Simulator,
    readonly dataDir: string,
    readonly databaseUrl: string,
    readonly prefix: string,
    private readonly storeEnv: Record<string, string>,
  ) {}

  /** @param storeEnv variables of the vector store; LanceDB in a directory of its own without any */
  static async start(storeEnv: Record<string, string> = {}): Promise<PlantedWorld> {
    const [simulator, dataDir, databaseUrl] = await Promise.all([
      startSimulator(),
      mkdtemp(join(tmpdir(), 'perennial-planted-')),
      freshDatabase('retrieval'),
    ]);
    const world = new PlantedWorld(simulator, dataDir, databaseUrl, freshPrefix('retrieval'), storeEnv);
    world.db = new pg.Pool({ connectionString: databaseUrl, max: 4, options: '-c search_path=retrieval' });
    world.db.on('error', () => undefined);
    world.store = createVectorStore(z.object(vectorStoreEnv).parse({ DATA_DIR: dataDir, ...storeEnv }));
    world.caller = await startCaller(redisUrl(), world.prefix);
    return world;
  }

  get environment(): Record<string, string> {
    return {
      NODE_ENV: 'test',
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: redisUrl(),
      REDIS_KEY_PREFIX: this.prefix,
      SECRET_KEY: 'the secret of the retrieval tests',
      DATA_DIR: this.dataDir,
      RETRIEVAL_ROLE: 'api',
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: MODEL,
      RAG_OPENAI_API_BASE_URL: `${this.simulator.url}/v1`,
      RAG_OPENAI_API_KEY: 'sk-planted-0123456789',
      ...this.storeEnv,
    };
  }

  async replica(env: Record<string, string> = {}): Promise<Replica> {
    const replica = await startReplica(
      { name: 'retrieval', env: retrievalEnv, module: RetrievalModule.forRoot },
      { ...this.environment, ...env },
    );
    this.replicas.push(replica);
    return replica;
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    await this.caller.stop();
    await this.store.close();
    await this.db.end();
    await this.simulator.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Adds an index like a first ingestion; active by default. */
  async index(state: 'active' | 'building' | 'retired' = 'active', model = MODEL): Promise<string> {
    const id = randomUUID();
    const collection = `idx_${id.replaceAll('-', '')}`;
    const server = { url: `${this.simulator.url}/v1`, sealedKey: null };
    const embedding = { engine: 'openai', model, batchSize: 64, concurrentRequests: 4, openai: server, ollama: server };
    const dimension = embeddingFrom(model, '').length;
    await this.db.query(
      `INSERT INTO indexes (id, collection, model, dimension, state, embedding, activated_at) VALUES ($1, $2, $3, $4, $5, $6, now())`,
      [id, collection, `openai:${model}`, dimension, state, JSON.stringify(embedding)],
    );
    await this.store.ensureCollection(collection, { dimension });
    if (state === 'active') Object.assign(this, { collection, indexId: id });
    return id;
  }

  async base(user: UserPrincipal, name = 'Base'): Promise<string> {
    const { rows } = await this.db.query<{ id: string }>(
      'INSERT INTO knowledge_bases (user_id, name) VALUES ($1, $2) RETURNING id',
      [user.userId, name],
    );
    return rows[0]!.id;
  }

  /** A findable file. */
  async plant(options: PlantOptions): Promise<PlantedFile> {
    const file = await this.plantRows(options);
    await this.points(file);
    await this.record(file);
    return file;
  }

  /** A file that is live in Postgres and in no index. */
  async plantRows({ user, texts, scope, name = 'notes.txt', pages }: PlantOptions): Promise<PlantedFile> {
    const id = randomUUID();
    await this.db.query(
      `INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, live_generation, live_sha256, state, queued_at, chunk_count)
       VALUES ($1, $2, $3, 'text/plain', 1, repeat('0', 64), $4, 1, repeat('0', 64), 'completed', now(), $5)`,
      [id, user.userId, name, `files/${id}/1`, texts.length],
    );
    const file = { id, name, userId: user.userId, scope: scope ?? id, generation: 1, texts };
    await this.db.query('INSERT INTO placements (file_id, scope) VALUES ($1, $2)', [id, file.scope]);
    await this.chunks(file, pages);
    return file;
  }

  async chunks({ id, generation, texts }: PlantedFile, pages?: readonly number[]): Promise<void> {
    let offset = 0;
    for (const [ordinal, text] of texts.entries()) {
      await this.db.query(
        `INSERT INTO chunks (file_id, generation, ordinal, text, page, heading, start_offset, end_offset, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [id, generation, ordinal, text, pages?.[ordinal] ?? null, null, offset, offset + text.length, hashOf(text)],
      );
      offset += text.length + 1;
    }
  }

  /** Writes the points of a file, independent of Postgres: like a paused worker. */
  async points(file: PlantedFile, collection = this.collection, model = MODEL): Promise<void> {
    const points = file.texts.map((text, ordinal): Point => {
      const ref = { scope: file.scope, fileId: file.id, generation: file.generation, ordinal };
      return { id: pointId(ref), ...ref, vector: embeddingFrom(model, text), text };
    });
    await this.store.upsert(collection, points);
  }

  async record(file: PlantedFile, indexId = this.indexId): Promise<void> {
    await this.db.query('INSERT INTO indexed (index_id, file_id, scope, generation) VALUES ($1, $2, $3, $4)', [
      indexId,
      file.id,
      file.scope,
      file.generation,
    ]);
  }

  /** A new live generation; the points of the previous one stay in the store. */
  async replace(file: PlantedFile, texts: readonly string[]): Promise<PlantedFile> {
    const next = { ...file, generation: file.generation + 1, texts };
    await this.chunks(next);
    await this.points(next);
    await this.record(next);
    await this.db.query('UPDATE files SET generation = $2, live_generation = $2 WHERE id = $1', [
      file.id,
      next.generation,
    ]);
    return next;
  }

  /** A deletion whose worker died before it removed anything. */
  async markDeleted(file: PlantedFile): Promise<void> {
    await this.db.query('UPDATE files SET deleted_at = now() WHERE id = $1', [file.id]);
  }

  async count(table: string, where = 'true', ...params: unknown[]): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${table} WHERE ${where}`,
      params,
    );
    return rows[0]!.count;
  }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
