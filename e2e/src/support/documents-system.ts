import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { missingServer, pgbouncerBinary, startPgBouncer, startPostgres } from '@perennial/testing/servers';
import { startQuotingModel } from './quoting-model';

/** Connections to Postgres of all processes together. */
const POOLED = 6;

export interface DocumentsSystem {
  /** The embedder. */
  simulator: Simulator;
  system: RunningSystem;
  stop(): Promise<void>;
}

/**
 * An installation with the simulator as embedder, and a chat model that quotes its documents.
 *
 * @param pooled all its services reach Postgres through PgBouncer in transaction mode, where that is installed
 */
export async function launchDocumentsSystem({ pooled = false } = {}): Promise<DocumentsSystem> {
  const [simulator, model, database] = await Promise.all([
    startSimulator({ port: 0 }),
    startQuotingModel(),
    pooled ? pooledDatabase() : undefined,
  ]);
  const system = await launchSystem({
    env: {
      OPENAI_API_BASE_URLS: model.url,
      OPENAI_API_KEYS: 'quoting',
      RAG_EMBEDDING_ENGINE: 'openai',
      RAG_EMBEDDING_MODEL: 'sim-embed',
      RAG_OPENAI_API_BASE_URL: `${simulator.url}/v1`,
      RAG_OPENAI_API_KEY: 'simulated',
      ...database?.env,
    },
  });
  return {
    simulator,
    system,
    async stop() {
      await system.stop();
      await Promise.all([simulator.close(), model.close(), database?.stop()]);
    },
  };
}

interface PooledDatabase {
  env: Record<string, string>;
  stop(): Promise<void>;
}

async function pooledDatabase(): Promise<PooledDatabase | undefined> {
  if ((await missingServer('PgBouncer', pgbouncerBinary)) !== undefined) return undefined;
  const postgres = await startPostgres({ database: 'perennial' });
  const pooler = await startPgBouncer({ upstream: postgres.url, poolSize: POOLED });
  return {
    env: { DATABASE_URL: pooler.url, DATABASE_POOLER: 'transaction', DATABASE_DIRECT_URL: postgres.url },
    async stop() {
      await pooler.stop();
      await postgres.stop();
    },
  };
}
