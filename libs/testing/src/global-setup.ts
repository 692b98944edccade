import type { TestProject } from 'vitest/node';
import './inject';
import { startPostgres } from './postgres';
import { startRedis } from './redis';

/** One Postgres and one Redis for all medium tests of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
  };
}
