import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import type { HashedText } from '../src/embedding/batches';
import { EmbeddingCache } from '../src/embedding/embedding-cache';
import type { EmbeddingConfig } from '../src/embedding/embedding-config';
import type { EmbeddingEnv } from '../src/embedding/embedding-env';
import { EmbeddingGateway } from '../src/embedding/embedding-gateway';
import { retrievalMigrations } from '../src/migrations';

export interface EmbedOrder {
  databaseUrl: string;
  config: EmbeddingConfig;
  texts: HashedText[];
  dimension: number;
}

/** Embeds texts, like an ingestion; for a process that a test kills. */
export async function embed({ databaseUrl, config, texts, dimension }: EmbedOrder): Promise<void> {
  const runtime = new Runtime({ name: 'embed', logLevel: 'error' });
  const dataSource = await openDataSource(
    { url: databaseUrl, schema: 'retrieval', migrations: retrievalMigrations },
    runtime.log,
  );
  const database = new Database(poolFrom(dataSource), runtime.metrics);
  const env = { RAG_EMBEDDING_TIMEOUT: 30 } as unknown as EmbeddingEnv;
  await new EmbeddingGateway(new EmbeddingCache(database), env, runtime).store(config, texts, { dimension });
  await dataSource.destroy();
}
