import { createHash } from 'node:crypto';
import type { RedisClient } from './create-redis';
import { isReplyError } from './errors';

/**
 * A Lua script, sent by its hash. Unlike ioredis' defineCommand it needs no round trip before it runs: a Redis that does not know the hash
 * (restarted, failed over) replies NOSCRIPT without running anything, and only then the source is sent.
 */
export class RedisScript<Reply> {
  private readonly sha: string;

  constructor(private readonly source: string) {
    this.sha = createHash('sha1').update(source).digest('hex');
  }

  async run(redis: RedisClient, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    try {
      return (await redis.evalsha(this.sha, keys.length, ...keys, ...args)) as Reply;
    } catch (error) {
      if (!isReplyError(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return (await redis.eval(this.source, keys.length, ...keys, ...args)) as Reply;
    }
  }
}
