import { blobStoreEnv } from '@perennial/blob-store';
import { env as retrievalEnv, sweepOrphans } from '@perennial/retrieval/operator';
import { databaseEnv, Runtime } from '@perennial/runtime';
import { createVectorStores, vectorStoreEnv } from '@perennial/vector-store';
import { z } from 'zod';
import { openBlobs } from '../blobs/open';
import type { AddCommands } from '../command';
import { directEnvironment } from '../environment';
import { explain } from '../failure';
import { assertMigrated } from '../services';

const orphansEnv = z.object({
  ...databaseEnv,
  ...blobStoreEnv,
  ...vectorStoreEnv,
  ORPHAN_AGE_SECONDS: retrievalEnv.shape.ORPHAN_AGE_SECONDS,
});

/** What lies in the stores of documents that nothing refers to. */
export const orphans: AddCommands = (program, add) =>
  add(program, {
    name: 'orphans',
    describe: 'Count what lies in the stores of documents that nothing refers to',
    options: (options) =>
      options.option('delete', {
        type: 'boolean',
        default: false,
        describe: 'Remove it; not where another installation shares the vector store under the same prefix',
      }),
    run: async ({ delete: remove }) => {
      const env = directEnvironment(orphansEnv);
      await assertMigrated(env.DATABASE_URL, ['retrieval']);
      const vectors = createVectorStores(env);
      const blobs = await openBlobs(env);
      try {
        const minAgeMs = env.ORPHAN_AGE_SECONDS * 1_000;
        const { DATABASE_URL: databaseUrl, PLACEMENTS: placements } = env;
        const away: Record<string, string> = {};
        const onAway = (store: string, error: Error): void => void (away[store] = explain(error));
        const options = { databaseUrl, blobs, vectors, placements, minAgeMs, remove, onAway };
        const report = await sweepOrphans(
          options,
          new Runtime({ name: 'retrieval', logLevel: 'warn', logStream: process.stderr }),
        );
        const data = { ...report, removed: remove };
        const unseen = Object.entries(away).map(([store, why]) => [store, `not looked at: ${why}`] as const);
        return {
          data: unseen.length > 0 ? { ...data, away } : data,
          lines: [...Object.entries(data), ...unseen].map(([name, value]) => `${name}: ${value}`),
          failed: unseen.length > 0,
        };
      } finally {
        await Promise.all([vectors.close(), blobs.close()]);
      }
    },
  });
