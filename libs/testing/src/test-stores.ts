import {
  createDatabase,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from '@perennial/local-runtime/servers';
import { freshDatabase, redisUrl } from './inject';

/** The Postgres and the Redis of a system under test. */
export class TestStores {
  private constructor(
    /** An empty database. */
    readonly databaseUrl: string,
    readonly redisUrl: string,
    private readonly own: { postgres: PostgresServer; redis: RedisServer } | undefined,
  ) {}

  /** The servers that all tests of the run share, with a new database. Keys need a prefix that nobody else has. */
  static async shared(label: string): Promise<TestStores> {
    return new TestStores(await freshDatabase(label), redisUrl(), undefined);
  }

  /** Servers that no other test uses: for tests that kill or pause one, or count what it does. */
  static async apart(label: string): Promise<TestStores> {
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    await createDatabase(postgres.url, label);
    return new TestStores(postgres.urlOf(label), redis.url, { postgres, redis });
  }

  get postgres(): PostgresServer {
    return this.apart.postgres;
  }

  get redis(): RedisServer {
    return this.apart.redis;
  }

  async stop(): Promise<void> {
    await Promise.all([this.own?.redis.stop(), this.own?.postgres.stop()]);
  }

  private get apart(): { postgres: PostgresServer; redis: RedisServer } {
    if (this.own === undefined) throw new Error('These servers are shared with other tests. Start a world apart.');
    return this.own;
  }
}
