import { blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import { commonEnv, databaseEnv, parseEnv, Runtime } from '@perennial/runtime';
import { createVectorStore, vectorStoreEnv } from '@perennial/vector-store';
import { z } from 'zod';
import { retrievalMigrations } from './migrations';
import { OrphanSweep } from './reconcile/orphan-sweep';
import { ReconcileRepository } from './reconcile/reconcile.repository';
import { reconcileEnv } from './reconcile/reconcile-env';

const commandEnv = z.object({ ...commonEnv, ...databaseEnv, ...blobStoreEnv, ...vectorStoreEnv, ...reconcileEnv });
const HELP = `Usage: npm run retrieval:orphans [-- --delete]

Says what lies in the stores of documents that nothing refers to. With --delete it is removed, collections of no index included:
do not where another installation shares the vector store under the same prefix.`;

const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--delete')) {
  console.error(HELP);
  process.exit(64);
}
const repair = args.includes('--delete');
const env = parseEnv(commandEnv, process.env, { service: 'retrieval:orphans' });
const runtime = new Runtime({ name: 'retrieval', logLevel: 'warn' });
const dataSource = await openDataSource(
  {
    url: env.DATABASE_URL,
    schema: 'retrieval',
    migrations: retrievalMigrations,
    migrate: env.MIGRATE_ON_START,
    poolSize: 2,
    applicationName: 'orphans',
  },
  runtime.log,
);
const vectors = createVectorStore(env);
const blobs = await createBlobStore(env);
try {
  const database = new Database(poolFrom(dataSource), runtime.metrics);
  const sweep = new OrphanSweep(new ReconcileRepository(database), vectors, blobs, env.ORPHAN_AGE_SECONDS * 1_000);
  const report = await sweep.run({ repair, collections: repair });
  console.log(JSON.stringify({ ...report, removed: repair }));
} finally {
  await Promise.all([vectors.close(), blobs.close(), dataSource.destroy()]);
}
