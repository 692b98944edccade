import { parseRedisUrl } from '@perennial/runtime';
import { Redis } from 'ioredis';
import { retryDelayMs } from './create-redis';

const CHANNEL = '+switch-master';

/**
 * Listens to every sentinel for a new primary. A primary that died closes its connections, but one that hangs does not: who waits for it would
 * stay with it long after the others have moved on.
 */
export class SentinelWatch {
  private readonly sentinels: Redis[];

  constructor(url: string, name: string, onSwitched: (from: { host: string; port: number }) => void) {
    const { addresses, primaryName, sentinelPassword, isTls } = parseRedisUrl(url);
    this.sentinels = addresses.map(({ host, port }) => {
      const sentinel = new Redis({
        ...{ host, port, password: sentinelPassword, connectionName: name, disableClientInfo: true },
        ...(isTls && { tls: {} }),
        retryStrategy: (attempt) => retryDelayMs(attempt),
        enableReadyCheck: false,
        maxRetriesPerRequest: null,
      });
      // One sentinel of several may be away; without any of them nothing is chosen.
      sentinel.on('error', () => undefined);
      sentinel.on('message', (_channel: string, message: string) => {
        const [name, host, port] = message.split(' ');
        if (name === primaryName && host !== undefined) onSwitched({ host, port: Number(port) });
      });
      sentinel.subscribe(CHANNEL).catch(() => undefined);
      return sentinel;
    });
  }

  close(): void {
    for (const sentinel of this.sentinels) sentinel.disconnect();
  }
}
