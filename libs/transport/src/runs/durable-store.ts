import type { RedisClient } from '../redis/create-redis';
import { ACQUIRE, READ, type StreamEntry, WRITE } from './durable-scripts';
import type { RunKeys } from './keys';
import { isCount, isIdentity, isTerminal, parseAs } from './shapes';
import type { AcquireResult, RunIdentity, RunPosition, RunTerminal } from './types';

/** One run's write. `text` runs from `from` to `to`. */
export interface DurableWrite {
  runId: string;
  epoch: number;
  generation: number;
  from: number;
  to: number;
  base: number;
  text: string;
  /** Replaces the stored text. */
  seed?: boolean;
  /** First write of an epoch. */
  identity?: RunIdentity;
  terminal?: RunTerminal;
  /** Terminal event only, by a process that does not own the run. */
  finish?: boolean;
}

export type DurableResult =
  { kind: 'at'; offset: number } | { kind: 'lost' } | { kind: 'mismatch' } | { kind: 'fenced'; epoch: number };

/** The content of the durable stream; `text` begins at `from` and ends at the offset of `position`. */
export interface DurableRun {
  position: RunPosition;
  /** Where each epoch began in this generation. */
  bases: ReadonlyMap<number, number>;
  from: number;
  text: string;
  identity?: RunIdentity;
  terminal?: RunTerminal;
}

/** The durable path: the runs' own streams. Every method rejects while Redis is away. */
export class DurableStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly keys: RunKeys,
    private readonly terminalTtlSeconds: number,
    /** This process among the writers of an epoch; a process that only reads has no name. */
    private readonly writer = '',
  ) {}

  /** If the end of the stream's text differs from its meta, Redis lost one of them: the run counts as lost. */
  async acquire(runId: string, epoch: number): Promise<AcquireResult> {
    const reply = await ACQUIRE.run(this.redis, [this.keys.stream(runId), this.keys.meta(runId)], [epoch, this.writer]);
    const owner = Number(reply[0]);
    if (owner !== epoch || reply.length === 2) return { kind: 'fenced', epoch: owner };
    if (reply.length === 1) return { kind: 'empty' };
    const [, generation, offset, terminal, entries] = reply;
    const { from, text } = joinEntries(entries, Number(offset));
    if (from !== 0 || text.length !== Number(offset) || !isCount(Number(generation))) return { kind: 'empty' };
    const knownTerminal = parseAs(terminal, isTerminal);
    return {
      kind: 'resumed',
      generation: Number(generation),
      offset: Number(offset),
      text,
      ...(knownTerminal ? { terminal: knownTerminal } : {}),
    };
  }

  /** Runs with the same text here can be written by one script call. */
  laneOf(runId: string): string {
    return this.keys.keyspace.of(runId);
  }

  /** All writes in one script call; one result each, in order. On a Cluster all must be of one lane. */
  async write(writes: readonly DurableWrite[]): Promise<DurableResult[]> {
    const args: string[] = [this.writer];
    for (const write of writes) {
      const { epoch, generation, from, to, base } = write;
      args.push(`${flags(write)} ${epoch} ${generation} ${from} ${to} ${base} ${this.terminalTtlSeconds}`);
      if (write.identity) args.push(JSON.stringify(write.identity));
      if (write.terminal) args.push(JSON.stringify(write.terminal));
      args.push(write.text);
    }
    const streams = writes.map((write) => this.keys.stream(write.runId));
    return (await WRITE.run(this.redis, streams, args)).map(toResult);
  }

  /** Text above a position; without one all of it. `undefined` when Redis has nothing of the run. */
  async read(runId: string, above?: { generation: number; offset: number }): Promise<DurableRun | undefined> {
    const keys = [this.keys.stream(runId), this.keys.meta(runId)];
    const reply = await READ.run(this.redis, keys, [above?.generation ?? 0, above?.offset ?? 0]);
    if (reply.length === 0) return undefined;
    const [epoch, generation, offset, bases, identity, terminal, entries] = reply;
    const position = { epoch: Number(epoch), generation: Number(generation), offset: Number(offset) };
    // Not a writer's format: counts as lost, and the database has the state.
    if (!Object.values(position).every(isCount)) return undefined;
    const knownIdentity = parseAs(identity, isIdentity);
    const knownTerminal = parseAs(terminal, isTerminal);
    return {
      position,
      bases: parseBases(bases),
      ...joinEntries(entries, position.offset),
      ...(knownIdentity ? { identity: knownIdentity } : {}),
      ...(knownTerminal ? { terminal: knownTerminal } : {}),
    };
  }
}

function flags({ identity, seed, terminal, finish }: DurableWrite): string {
  return `${identity ? 'i' : ''}${seed ? 's' : ''}${terminal ? 't' : ''}${finish ? 'f' : ''}` || '-';
}

function toResult(code: number): DurableResult {
  if (code >= 0) return { kind: 'at', offset: code };
  if (code === -1) return { kind: 'lost' };
  if (code === -2) return { kind: 'mismatch' };
  return { kind: 'fenced', epoch: -2 - code };
}

/** `,1:0,2:117` */
function parseBases(bases: string): Map<number, number> {
  const parsed = new Map<number, number>();
  for (const entry of bases.split(',')) {
    const [epoch, base] = entry.split(':');
    if (epoch && base !== undefined) parsed.set(Number(epoch), Number(base));
  }
  return parsed;
}

/** Entries are contiguous: each ends at the offset in its id and begins where the previous one ends. */
function joinEntries(entries: readonly StreamEntry[], end: number): { from: number; text: string } {
  const text = entries.map(([, fields]) => fields[1] ?? '').join('');
  return { from: end - text.length, text };
}
