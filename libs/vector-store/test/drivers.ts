import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnv } from '@perennial/runtime';
import { missingServer, pgvectorFiles, qdrantBinary, startPostgres, startQdrant } from '@perennial/testing';
import { z } from 'zod';
import { createVectorStore, type VectorStore, type VectorStoreConfig, vectorStoreEnv, vectorStoreRules } from '../src';

/** A running store for the contract suite. */
export interface Subject {
  /** The environment of a process that uses it. */
  environment: Record<string, string>;
  /** One more client, as another process would have it. */
  open(): VectorStore;
  /** Kills and restarts the server. Absent if there is none. */
  kill?(): Promise<void>;
  start?(): Promise<void>;
  /** The server accepts connections and does not answer, until `cont`. */
  pause?(): Promise<void>;
  cont?(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreDriver {
  name: string;
  /** Why it cannot run on this machine. */
  missing?: string;
  start(): Promise<Subject>;
}

export async function drivers(): Promise<StoreDriver[]> {
  return [
    { name: 'LanceDB', start: lancedb },
    { name: 'Qdrant', missing: await missingServer('Qdrant', qdrantBinary), start: qdrant },
    { name: 'pgvector', missing: await missingServer('pgvector', () => pgvectorFiles()), start: pgvector },
  ];
}

const schema = z.object(vectorStoreEnv).superRefine(vectorStoreRules);

export const configFrom = (environment: Record<string, string>): VectorStoreConfig =>
  readEnv(schema, environment, { service: 'test' });

function subject(environment: Record<string, string>, rest: Omit<Subject, 'environment' | 'open'>): Subject {
  const opened: VectorStore[] = [];
  return {
    environment,
    open: () => {
      const store = createVectorStore(configFrom(environment));
      opened.push(store);
      return store;
    },
    ...rest,
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await rest.close();
    },
  };
}

async function lancedb(): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'perennial-lancedb-'));
  return subject(
    { VECTOR_DB: 'lancedb', DATA_DIR: directory },
    { close: () => rm(directory, { recursive: true, force: true }) },
  );
}

async function qdrant(): Promise<Subject> {
  const server = await startQdrant({ apiKey: 'a-key-of-the-test' });
  return subject(
    { VECTOR_DB: 'qdrant', QDRANT_URI: server.url, QDRANT_API_KEY: 'a-key-of-the-test', VECTOR_DB_TIMEOUT_MS: '2000' },
    {
      kill: () => server.kill(),
      start: () => server.start(),
      pause: async () => server.pause(),
      cont: async () => server.cont(),
      close: () => server.stop(),
    },
  );
}

async function pgvector(): Promise<Subject> {
  const server = await startPostgres({ pgvector: await pgvectorFiles() });
  return subject(
    { VECTOR_DB: 'pgvector', PGVECTOR_DB_URL: server.url, VECTOR_DB_TIMEOUT_MS: '2000' },
    {
      kill: () => server.kill(),
      start: () => server.start(),
      pause: () => server.pause(),
      cont: () => server.cont(),
      close: () => server.stop(),
    },
  );
}
