import { isRedisFull, type RedisClient, RedisScript } from '../redis';

/** Bytes of large answers that may wait for one process. */
const MAX_BYTES = 64 * 1024 * 1024;
/** No caller fetches a reply that is older than this. */
const TTL_MS = 30_000;
/**
 * UTF-16 units that are fetched at once, so that a process that awaits many large replies does not hold them all as text.
 */
const FETCHED_AT_ONCE = 16 * 1024 * 1024;

/**
 * KEYS[1] answers of one process: a hash by call number, with their bytes under `#`
 * ARGV[1] call number   ARGV[2] answer   ARGV[3] bytes that may wait   ARGV[4] time to live in ms
 * Output  1 when it is kept, 0 when too much waits
 */
const KEEP = new RedisScript<number>(`
local held = tonumber(redis.call('HGET', KEYS[1], '#') or '0') - redis.call('HSTRLEN', KEYS[1], ARGV[1])
if held > 0 and held + #ARGV[2] > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], '#', held + #ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`);

/**
 * KEYS[1] answers of one process   ARGV[1] call number
 * Output  the answer, or nil when it is not there
 */
const TAKE = new RedisScript<string | null>(`
local answer = redis.call('HGET', KEYS[1], ARGV[1])
if answer then
  redis.call('HDEL', KEYS[1], ARGV[1])
  -- A full Redis may refuse the counter: then more replies are refused for a while, and none is lost.
  redis.pcall('HINCRBY', KEYS[1], '#', -#answer)
end
return answer
`);

export type KeptAnswer = 'kept' | 'full';

/** The replica's side: replies that are too long for Pub/Sub wait in Redis, and only a pointer is published. */
export class LargeAnswerStore {
  constructor(private readonly redis: RedisClient) {}

  /** Returns `full` when too much waits for that process, or Redis has no room. Rejects while Redis is away. */
  async keep(key: string, call: string, answer: string): Promise<KeptAnswer> {
    try {
      return (await KEEP.run(this.redis, [key], [call, answer, MAX_BYTES, TTL_MS])) === 1 ? 'kept' : 'full';
    } catch (error) {
      if (isRedisFull(error)) return 'full';
      throw error;
    }
  }
}

/** The caller's side: fetches waiting replies, a bounded amount at once. */
export class LargeAnswerFetcher {
  private readonly queue: (() => void)[] = [];
  private underway = 0;

  constructor(
    private readonly redis: RedisClient,
    private readonly key: string,
  ) {}

  /**
   * The reply of a call, or undefined when it is gone. `length` is that of the pointer. Rejects while Redis is away.
   */
  async take(call: string, length: number): Promise<string | undefined> {
    while (this.underway > 0 && this.underway + length > FETCHED_AT_ONCE) {
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
    this.underway += length;
    try {
      return (await TAKE.run(this.redis, [this.key], [call])) ?? undefined;
    } finally {
      this.underway -= length;
      for (const resolve of this.queue.splice(0)) resolve();
    }
  }

  /** Numbers of the calls whose replies wait, for replies published while nobody was subscribed. */
  async waiting(): Promise<string[]> {
    return (await this.redis.hkeys(this.key)).filter((call) => call !== '#');
  }
}
