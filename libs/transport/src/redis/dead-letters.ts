import type { Logger } from '@perennial/runtime';
import type { RedisClient } from './create-redis';
import { RedisScript } from './script';
import type { WireSecrets } from './wire-secrets';

/** Letters that are kept; the oldest are dropped. */
const MAX_LETTERS = 1_000;
/** UTF-16 units of a letter's content that are kept: enough to see what wrote it. */
const MAX_CONTENT = 4 * 1024;
/** Letters in transit to Redis; more are only counted. */
const MAX_UNDERWAY = 100;
const LOG_EVERY_MS = 10_000;
const CONTEXT = 'dead-letter';

/**
 * Keeps a letter, and acknowledges and removes its record. The record is removed even if a full Redis refuses the letter: an unreadable
 * record must not come back.
 * KEYS[1] dead letters   KEYS[2] stream of the record, if any ARGV[1] longest stream of letters   ARGV[2] source   ARGV[3] reason   ARGV[4]
 * content   ARGV[5] group   ARGV[6] id of the record
 */
const PUT_ASIDE = new RedisScript<null>(`
redis.pcall('XADD', KEYS[1], 'MAXLEN', ARGV[1], '*', 'source', ARGV[2], 'reason', ARGV[3], 'content', ARGV[4])
if KEYS[2] then
  redis.pcall('XACK', KEYS[2], ARGV[5], ARGV[6])
  redis.pcall('XDEL', KEYS[2], ARGV[6])
end
return nil
`);

/** Data from Redis that could not be read. */
export interface DeadLetter {
  /** Where it came from, for example `rpc:chat` or `job:runs`. A bounded set: it is a label of a metric. */
  source: string;
  /** What is wrong with it, in a few fixed words. */
  reason: string;
  /** The data as text. */
  content: string;
}

/** A dead letter as it is kept. */
export interface KeptLetter extends DeadLetter {
  /** Id in the stream of letters. */
  id: string;
  /** When it was put aside, in milliseconds of Redis's clock. */
  at: number;
}

/** The record that a letter came from. */
export interface RecordReference {
  stream: string;
  group: string;
  streamId: string;
}

/**
 * Unreadable records are put aside: counted, logged, kept in a bounded stream (`perennial deadletter list` shows it) and never read again.
 * Otherwise one malformed record would stop every replica that reads it.
 */
export class DeadLetters {
  private readonly loggedAt = new Map<string, number>();
  private readonly counted = new Map<string, number>();
  private underway = 0;
  private observer: ((source: string) => void) | undefined;

  constructor(
    private readonly redis: RedisClient,
    private readonly key: string,
    /** Encrypts the kept content: it may be anything, even a password. */
    private readonly secrets: WireSecrets | undefined,
    private readonly log: Logger,
    /** On a Cluster the letters and a record are in different slots. */
    private readonly isSharded = false,
  ) {}

  /** Called with the source of each letter, for a metric. */
  observe(observer: (source: string) => void): void {
    this.observer = observer;
  }

  /** Puts a letter aside; acknowledges and removes `record` from its stream. Never throws. */
  put(letter: DeadLetter, record?: RecordReference): void {
    this.count(letter);
    if (this.underway >= MAX_UNDERWAY || this.redis.status !== 'ready') return;
    this.underway += 1;
    const keys = record && !this.isSharded ? [this.key, record.stream] : [this.key];
    const start = letter.content.slice(0, MAX_CONTENT);
    const content = this.secrets?.seal(CONTEXT, start) ?? start;
    const args = [MAX_LETTERS, letter.source, letter.reason, content, record?.group ?? '', record?.streamId ?? ''];
    PUT_ASIDE.run(this.redis, keys, args)
      .then(() => (record && this.isSharded ? this.remove(record) : undefined))
      // Redis is away: the record is delivered again and put aside then.
      .catch(() => undefined)
      .finally(() => (this.underway -= 1));
  }

  private async remove({ stream, group, streamId }: RecordReference): Promise<void> {
    await this.redis.xack(stream, group, streamId);
    await this.redis.xdel(stream, streamId);
  }

  /** The newest letters first. */
  async list(limit: number): Promise<KeptLetter[]> {
    const entries = await this.redis.xrevrange(this.key, '+', '-', 'COUNT', limit);
    return entries.map(([id, fields]) => ({
      id,
      at: Number(id.slice(0, id.indexOf('-'))),
      source: fieldOf(fields, 'source'),
      reason: fieldOf(fields, 'reason'),
      content: this.opened(fieldOf(fields, 'content')),
    }));
  }

  private opened(content: string): string {
    return this.secrets?.open(CONTEXT, content) ?? content;
  }

  /** Deletes all letters. */
  async clear(): Promise<void> {
    await this.redis.del(this.key);
  }

  /** One line per source in ten seconds, with a count: a flood of malformed data must not fill the log as well. */
  private count({ source, reason }: DeadLetter): void {
    this.observer?.(source);
    const count = (this.counted.get(source) ?? 0) + 1;
    this.counted.set(source, count);
    const now = performance.now();
    if (now - (this.loggedAt.get(source) ?? -Infinity) < LOG_EVERY_MS) return;
    this.loggedAt.set(source, now);
    this.log.warn({ source, reason, count }, 'dead letter');
  }
}

function fieldOf(fields: readonly string[], name: string): string {
  const at = fields.indexOf(name);
  return at < 0 ? '' : (fields[at + 1] ?? '');
}
