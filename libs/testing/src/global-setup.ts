import './inject';
import { rm } from 'node:fs/promises';
import { startPostgres, startRedis } from '@perennial/local-runtime/servers';
import type { TestProject } from 'vitest/node';
import { newBundlesDirectory } from './service-bundle';

/** One Postgres, one Redis and one build of each service for all medium tests of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  const bundles = newBundlesDirectory();
  project.provide('bundlesDirectory', bundles);
  const removeBundles = () => rm(bundles, { recursive: true, force: true });
  project.onTestsRerun(removeBundles);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop(), removeBundles()]);
  };
}
