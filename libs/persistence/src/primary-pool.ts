import { type Logger, retry } from '@perennial/runtime';
import { Client, type ClientConfig, Pool, type PoolClient, type PoolConfig } from 'pg';
import { isPoolExhausted, isUnreachable } from './errors';
import { PrimaryLocator } from './primary-locator';

type Connected = (error: Error | undefined, client: PoolClient | undefined, release: (error?: unknown) => void) => void;

const PAUSE_MS = 20;

/**
 * A pool whose connections lead to the primary of the connection string's servers. With one server it is a plain pool. With several, every new
 * connection is verified, one that broke makes the pool look for the primary again, and connections to another server are closed. `connect`
 * searches for at most `connectionTimeoutMillis`; nothing was sent when it fails, so it is always safe to call again.
 */
export class PrimaryPool extends Pool {
  private readonly locator: PrimaryLocator;
  private readonly toClient: (config: ClientConfig) => Client;

  /** @param config as that of `Pool`, without the address */
  constructor(url: string, config: PoolConfig, log?: Logger) {
    const locator = PrimaryLocator.of(url, log);
    // pg-pool connects a client when it pleases: each takes the primary that is known at that moment.
    class PrimaryClient extends Client {
      readonly url: string;

      constructor(clientConfig?: ClientConfig) {
        super({ ...clientConfig, connectionString: locator.url });
        this.url = locator.url;
      }
    }
    const urlFrom = (client: unknown): string => (client instanceof PrimaryClient ? client.url : '');
    super({
      ...config,
      Client: PrimaryClient,
      ...(locator.isSearching ? { onConnect: (client) => locator.verify(client, urlFrom(client)) } : {}),
    });
    this.locator = locator;
    this.toClient = (clientConfig) => new PrimaryClient(clientConfig);
    this.isCurrent = (client) => urlFrom(client) === locator.url;
    this.on('error', (_, client) => locator.doubt(urlFrom(client)));
    this.on('release', (error, client) => {
      if (error) locator.doubt(urlFrom(client));
    });
  }

  override connect(): Promise<PoolClient>;
  override connect(connected: Connected): void;
  override connect(connected?: Connected): Promise<PoolClient> | void {
    if (!this.locator.isSearching) return connected ? super.connect(connected) : super.connect();
    const connecting = this.connectToPrimary();
    if (!connected) return connecting;
    connecting.then(
      (client) => connected(undefined, client, client.release.bind(client) as (error?: unknown) => void),
      (error: unknown) => connected(error as Error, undefined, () => undefined),
    );
  }

  /**
   * Resolves when the server has answered: on a connection of the pool if one can be had at once, else on one of its own.
   *
   * @throws when it cannot be reached, or the new connection has no answer within `timeoutMs`
   */
  async ask(timeoutMs: number): Promise<void> {
    if (this.idleCount > 0 || this.totalCount < this.options.max) return void (await this.query('SELECT 1'));
    const client = this.toClient({ ...this.options, connectionTimeoutMillis: timeoutMs });
    client.on('error', () => undefined);
    await client.connect();
    void client.end().catch(() => undefined);
  }

  private readonly isCurrent: (client: PoolClient) => boolean;

  private connectToPrimary(): Promise<PoolClient> {
    const end = performance.now() + (this.options.connectionTimeoutMillis ?? 0);
    return retry(
      async () => {
        await this.locator.find(end - performance.now());
        const { url } = this.locator;
        try {
          return await this.nextCurrent();
        } catch (error) {
          if (!isPoolExhausted(error)) this.locator.doubt(url);
          throw error;
        }
      },
      {
        pauseMs: (error) =>
          isUnreachable(error) && !isPoolExhausted(error) && performance.now() < end ? PAUSE_MS : undefined,
      },
    );
  }

  /** Closes idle connections to servers that are not the primary any more. */
  private async nextCurrent(): Promise<PoolClient> {
    for (;;) {
      const client = await super.connect();
      if (this.isCurrent(client)) return client;
      client.release(true);
    }
  }
}

/** A client of the primary, not yet connected, for a session that no pool lends. */
export async function primaryClient(url: string, config: ClientConfig, log?: Logger): Promise<Client> {
  const locator = PrimaryLocator.of(url, log);
  // No earlier connection vouches for the primary that is known.
  locator.doubt(locator.url);
  await locator.find(config.connectionTimeoutMillis ?? 0);
  return new Client({ ...config, connectionString: locator.url });
}
