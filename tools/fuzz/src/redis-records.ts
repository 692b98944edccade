import { Redis } from 'ioredis';
import type { Random } from './random';

/** Fields and values of a record; a service's record has one field with the JSON of a call. */
const RECORDS: readonly (readonly (string | Buffer)[])[] = [
  ['r', '{}'],
  ['r', 'null'],
  ['r', '[]'],
  ['r', '1'],
  ['r', '""'],
  ['r', ''],
  ['r', '{'],
  ['r', '{"i":1,"p":2,"b":"x","u":[],"d":null}'],
  ['r', '{"i":"","p":"","b":0,"u":null,"d":{}}'],
  ['r', '{"i":"a","p":"__proto__","b":1e9,"u":{"kind":"anonymous"},"d":{}}'],
  ['r', '{"i":"a.b","p":"toString","b":1000,"u":{"kind":"user"},"t":7,"d":{}}'],
  ['r', '{"i":"a.b","p":{"a":1},"b":null,"k":{"x":1},"d":{}}'],
  ['r', `{"i":"a.b","p":"${'p'.repeat(100_000)}","b":1000,"d":{}}`],
  ['r', `${'['.repeat(50_000)}`],
  ['r', `{"i":"a.b","d":${'['.repeat(3_000)}${']'.repeat(3_000)}}`],
  ['r', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['r', 'x'.repeat(1_000_000)],
  ['x', 'y'],
  ['', ''],
  ['d', '{"a":1}', 'r', '{}'],
];

const MESSAGES: readonly (string | Buffer)[] = [
  '',
  '{',
  'null',
  '[]',
  '{}',
  '[null]',
  '[["a",1]]',
  '[[1,2,3]]',
  '7',
  Buffer.from([0xff, 0x00]),
];

/** Writes malformed data into the streams of requests and into subscribed channels. */
export class RedisRecords {
  private readonly redis: Redis;

  constructor(url: string) {
    this.redis = new Redis(url);
  }

  /** Writes a record of every kind into every request stream, and a message into every channel. */
  async write(random: Random): Promise<void> {
    const streams = await this.requestStreams();
    const channels = ((await this.redis.call('PUBSUB', 'CHANNELS')) as string[]).filter(
      (name) => !name.startsWith('__'),
    );
    const pipeline = this.redis.pipeline();
    for (const stream of streams) {
      for (const record of RECORDS) {
        pipeline.xadd(stream, '*', ...record);
      }
    }
    for (const channel of channels) {
      pipeline.publish(channel, random.pick(MESSAGES));
    }
    await pipeline.exec();
  }

  close(): void {
    this.redis.disconnect();
  }

  private async requestStreams(): Promise<string[]> {
    const found: string[] = [];
    let cursor = '0';
    do {
      const [next, keys] = await this.redis.scan(cursor, 'MATCH', '*:rpc:*', 'COUNT', 1_000, 'TYPE', 'stream');
      found.push(...keys);
      cursor = next;
    } while (cursor !== '0');
    return found;
  }
}
