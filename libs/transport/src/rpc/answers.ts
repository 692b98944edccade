import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { isReplyError } from '../redis';
import { ANSWER, PARK } from './scripts';
import { outsideTraces } from './tracing';
import { REPLICA_GROUP, rpcKeys, splitCallId } from './wire';

interface Answer {
  streamIds: readonly string[];
  callId: string;
  frame: string;
  /** `Date.now()` when it was given. */
  at: number;
}

/** A frame longer than this is published alone rather than joined, in UTF-16 units. */
const JOIN_LIMIT = 256 * 1024;
const RETRY_MS = 100;
/** Nobody waits that long, and other replicas have claimed the record by then. */
const GIVE_UP_MS = 30_000;
const MAX_WAITING = 10_000;
const PARKED_TTL_MS = 30_000;

/**
 * Answers on their way out: all of one turn of the event loop are one script, one message per waiting process. An answer whose
 * script failed (Redis away) is tried again, and its record stays ours until then.
 */
export class Answers {
  private readonly logger = new Logger('RpcAnswers');
  private waiting: Answer[] = [];
  private sending: Answer[] = [];
  private scheduled = false;
  private retry: NodeJS.Timeout | undefined;
  private idle: (() => void)[] = [];

  constructor(
    private readonly redis: Redis,
    private readonly keyPrefix: string,
    private readonly stream: string,
  ) {}

  /** Records that are answered but still in the stream; they must be kept like those in work. */
  streamIds(): string[] {
    return [...this.waiting, ...this.sending].flatMap((answer) => answer.streamIds);
  }

  add(streamIds: readonly string[], callId: string, frame: string): void {
    if (this.waiting.length >= MAX_WAITING) this.waiting.shift();
    this.waiting.push({ streamIds, callId, frame, at: Date.now() });
    this.schedule();
  }

  /** Removes a record without an answer: its caller does not wait, or it cannot be read. */
  drop(streamId: string): void {
    this.waiting.push({ streamIds: [streamId], callId: '', frame: '', at: Date.now() });
    this.schedule();
  }

  /** Resolves when everything is out, or after the limit. */
  async drained(limitMs: number): Promise<void> {
    if (this.waiting.length === 0 && this.sending.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([new Promise<void>((resolve) => this.idle.push(resolve)), late]);
    clearTimeout(timer);
  }

  close(): void {
    clearTimeout(this.retry);
    this.waiting = [];
  }

  private schedule(): void {
    if (this.scheduled || this.retry) return;
    this.scheduled = true;
    outsideTraces(() => setImmediate(() => void this.flush()));
  }

  private async flush(): Promise<void> {
    this.scheduled = false;
    if (this.sending.length > 0) return; // One script at a time; its end schedules the next.
    const batch = this.waiting;
    if (batch.length === 0) return;
    this.waiting = [];
    this.sending = batch;
    try {
      await this.send(batch);
      this.sending = [];
    } catch (error) {
      this.sending = [];
      this.sendFailed(batch, error);
    }
    if (this.waiting.length > 0) this.schedule();
    else for (const resolve of this.idle.splice(0)) resolve();
  }

  private async send(batch: Answer[]): Promise<void> {
    const messages = joinByProcess(batch);
    const streamIds = batch.flatMap((answer) => answer.streamIds);
    const args: (string | number)[] = [REPLICA_GROUP, streamIds.length, ...streamIds];
    for (const { processId, message } of messages) args.push(rpcKeys.replies(this.keyPrefix, processId), message);
    const unheard = await ANSWER.run(this.redis, [this.stream], args);
    for (const index of unheard) {
      const lost = messages[index - 1];
      if (!lost) continue;
      // The caller is reconnecting or gone: it collects the answer when it is back.
      PARK.run(this.redis, [rpcKeys.parked(this.keyPrefix, lost.processId)], [PARKED_TTL_MS, lost.message]).catch(
        () => undefined,
      );
    }
  }

  private sendFailed(batch: Answer[], error: unknown): void {
    if (isReplyError(error)) this.logger.warn(`Redis refused answers: ${error.message}`);
    const oldest = Date.now() - GIVE_UP_MS;
    this.waiting = [...batch.filter((answer) => answer.at > oldest), ...this.waiting].slice(-MAX_WAITING);
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.schedule();
    }, RETRY_MS);
  }
}

/** One JSON array per process, split where it would grow too long. */
export function joinByProcess(
  batch: readonly { callId: string; frame: string }[],
): { processId: string; message: string }[] {
  const open = new Map<string, { frames: string[]; length: number }>();
  const done: { processId: string; message: string }[] = [];
  for (const { callId, frame } of batch) {
    if (!frame) continue;
    const { processId } = splitCallId(callId);
    const joined = open.get(processId);
    if (joined && joined.length + frame.length <= JOIN_LIMIT) {
      joined.frames.push(frame);
      joined.length += frame.length;
      continue;
    }
    if (joined) done.push({ processId, message: `[${joined.frames.join(',')}]` });
    open.set(processId, { frames: [frame], length: frame.length });
  }
  for (const [processId, { frames }] of open) done.push({ processId, message: `[${frames.join(',')}]` });
  return done;
}
