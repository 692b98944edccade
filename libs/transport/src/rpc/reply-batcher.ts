import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, waitAtMost } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { type Connections, isInTransition, isReplyError } from '../redis';
import { LargeAnswerStore } from './large-answers';
import { ANSWER, PARK } from './scripts';
import { outsideTraces } from './tracing';
import { answerContext, encodeFailure, encodePointer, type Failure, REPLICA_GROUP, rpcKeys, splitCallId } from './wire';

/** The reply of one call. */
export interface Answer {
  /** Its records: they are acknowledged and removed with the reply. */
  streamIds: readonly string[];
  callId: string;
  frame: string;
  /** Longest published reply, in UTF-16 units; undefined: no limit. */
  inlineLength: number | undefined;
  /** Its caller verifies signatures and decrypts. */
  isSigned: boolean;
  /** The call changed nothing, so a caller that misses the reply may repeat it. */
  isRead: boolean;
}

interface WaitingAnswer extends Answer {
  /** `performance.now()` when it was given. */
  at: number;
}

/** A longer frame is published alone, in UTF-16 units. */
const JOIN_LIMIT = 256 * 1024;
const RETRY_MS = 100;
/** No caller waits this long, and other replicas have claimed the record by then. */
const GIVE_UP_MS = 30_000;
const MAX_WAITING = 10_000;
const PARKED_TTL_MS = 30_000;
/** How long a large reply waits for its caller to fetch earlier ones. */
const FULL_TIMEOUT_MS = 4_000;
const TOO_MUCH_WAITS: Failure = {
  code: 'UNAVAILABLE',
  message: 'Too many large answers are waiting. Try again in a moment.',
  details: { retryAfter: 1 },
};
const UNTOLD: Failure = {
  code: 'OUTCOME_UNKNOWN',
  message: 'The call may or may not have had an effect: too many large answers are waiting.',
  details: {},
};

/**
 * Outgoing replies: one script for all of one turn of the event loop, one message per waiting process. A reply whose script failed (Redis
 * away) is retried, and its record stays claimed until then.
 */
export class ReplyBatcher {
  private readonly log: Logger;
  private waiting: WaitingAnswer[] = [];
  private readonly sending = new Set<WaitingAnswer>();
  /** Too long to publish, and not yet stored in their keys. */
  private readonly storing = new Set<WaitingAnswer>();
  private readonly large: LargeAnswerStore;
  private scheduled = false;
  private retry: NodeJS.Timeout | undefined;
  private idle: (() => void)[] = [];

  constructor(
    private readonly connections: Pick<Connections, 'commands' | 'keyspace' | 'publish' | 'secrets' | 'logger'>,
    /** For commands on the stream. */
    private readonly redis: Redis,
    private readonly stream: string,
  ) {
    this.log = connections.logger('rpc-replies');
    this.large = new LargeAnswerStore(connections.commands);
  }

  /** Records that are answered but still in the stream; they must stay claimed too. */
  streamIds(): string[] {
    return [...this.waiting, ...this.sending, ...this.storing].flatMap((answer) => answer.streamIds);
  }

  add(answer: Answer): void {
    const waiting = { ...answer, at: performance.now() };
    if (answer.inlineLength !== undefined && answer.frame.length > answer.inlineLength) void this.store(waiting);
    else this.push(waiting);
  }

  /** Removes a record without a reply: its caller does not wait, or it cannot be read. */
  drop(streamId: string): void {
    this.push({
      streamIds: [streamId],
      callId: '',
      frame: '',
      inlineLength: undefined,
      isSigned: false,
      isRead: true,
      at: performance.now(),
    });
  }

  /** Resolves when all replies are sent, or after the limit. */
  async drained(limitMs: number): Promise<void> {
    if (this.waiting.length === 0 && this.sending.size === 0 && this.storing.size === 0) return;
    await waitAtMost(new Promise<void>((resolve) => this.idle.push(resolve)), limitMs);
  }

  close(): void {
    clearTimeout(this.retry);
    this.waiting = [];
  }

  private push(answer: WaitingAnswer): void {
    if (this.waiting.length >= MAX_WAITING) this.waiting.shift();
    this.waiting.push(answer);
    this.schedule();
  }

  /** Claim check: the reply waits in a key of its caller, and a pointer is published. */
  private async store(answer: WaitingAnswer): Promise<void> {
    const { processId, call } = splitCallId(answer.callId);
    this.storing.add(answer);
    const text = answer.isSigned ? this.sealed(processId, answer.frame) : answer.frame;
    let frame: string | undefined;
    while (frame === undefined && performance.now() - answer.at < GIVE_UP_MS) {
      try {
        const kept = await this.large.keep(
          rpcKeys.large(this.connections.keyspace.of(processId), processId),
          call,
          text,
        );
        if (kept === 'kept') frame = encodePointer(call, answer.frame.length);
        else if (performance.now() - answer.at >= FULL_TIMEOUT_MS)
          frame = encodeFailure(call, answer.isRead ? TOO_MUCH_WAITS : UNTOLD);
      } catch {
        // Redis is away.
      }
      if (frame === undefined) await sleep(RETRY_MS);
    }
    this.storing.delete(answer);
    this.push({ ...answer, frame: frame ?? '' });
  }

  private schedule(): void {
    if (this.scheduled || this.retry) return;
    this.scheduled = true;
    outsideTraces(() => setImmediate(() => this.flush()));
  }

  private flush(): void {
    this.scheduled = false;
    const { isSharded } = this.connections.keyspace;
    // One script at a time; its end schedules the next.
    if (this.sending.size > 0 && (!isSharded || this.sending.size > MAX_WAITING)) return;
    const batch = this.waiting;
    if (batch.length === 0) return;
    this.waiting = [];
    // On a Cluster a node that is away must not hold up the replies that go through the others.
    const parts = isSharded ? byProcess(batch) : [batch];
    for (const part of parts) void this.sendPart(part);
  }

  private async sendPart(part: WaitingAnswer[]): Promise<void> {
    for (const answer of part) this.sending.add(answer);
    try {
      if (this.connections.keyspace.isSharded) await this.sendInSteps(part);
      else await this.send(part);
      for (const answer of part) this.sending.delete(answer);
    } catch (error) {
      for (const answer of part) this.sending.delete(answer);
      this.sendFailed(part, error);
    }
    if (this.waiting.length > 0) this.schedule();
    else if (this.sending.size + this.storing.size === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private async send(batch: WaitingAnswer[]): Promise<void> {
    const messages = joinByProcess(batch);
    const streamIds = batch.flatMap((answer) => answer.streamIds);
    const args: (string | number)[] = [REPLICA_GROUP, streamIds.length, ...streamIds];
    for (const message of messages) args.push(this.channelOf(message), this.signed(message));
    const unheard = await ANSWER.run(this.redis, [this.stream], args);
    for (const index of unheard) {
      const lost = messages[index - 1];
      if (lost) this.park(lost);
    }
  }

  /**
   * The stream and the reply's channel are in different slots: the reply goes first, because a record that is still there is only answered
   * again, and its caller ignores a second reply.
   */
  private async sendInSteps(part: WaitingAnswer[]): Promise<void> {
    const sendOne = async (message: JoinedAnswers): Promise<void> => {
      const heard = await this.connections.publish(this.channelOf(message), this.signed(message));
      if (heard === 0) this.park(message);
    };
    await Promise.all(joinByProcess(part).map(sendOne));
    const streamIds = part.flatMap((answer) => answer.streamIds);
    await ANSWER.run(this.redis, [this.stream], [REPLICA_GROUP, streamIds.length, ...streamIds]);
  }

  private channelOf({ processId }: JoinedAnswers): string {
    return rpcKeys.replies(this.connections.keyspace.of(processId), processId);
  }

  private signed({ processId, message, isSigned }: JoinedAnswers): string {
    const signature = isSigned ? this.connections.secrets?.sign(answerContext(processId), message) : undefined;
    return `${signature ?? ''}${message}`;
  }

  /** The caller is reconnecting or gone: if it returns it collects the reply. */
  private park({ processId, message, isSigned }: JoinedAnswers): void {
    const { commands, keyspace } = this.connections;
    const parked = isSigned ? this.sealed(processId, message) : message;
    const key = rpcKeys.parked(keyspace.of(processId), processId);
    PARK.run(commands, [key], [PARKED_TTL_MS, parked]).catch(() => undefined);
  }

  /** Replies that are stored, not only published, are encrypted. */
  private sealed(processId: string, text: string): string {
    return this.connections.secrets?.seal(answerContext(processId), text) ?? text;
  }

  private sendFailed(batch: WaitingAnswer[], error: unknown): void {
    if (isReplyError(error) && !isInTransition(error)) this.log.warn({ err: error }, 'Redis refused answers');
    const oldest = performance.now() - GIVE_UP_MS;
    this.waiting = [...batch.filter((answer) => answer.at > oldest), ...this.waiting].slice(-MAX_WAITING);
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.schedule();
    }, RETRY_MS);
  }
}

interface JoinedAnswers {
  processId: string;
  message: string;
  isSigned: boolean;
}

/** The replies of each process; those without one are together. */
function byProcess(batch: readonly WaitingAnswer[]): WaitingAnswer[][] {
  const parts = new Map<string, WaitingAnswer[]>();
  for (const answer of batch) {
    const { processId } = splitCallId(answer.callId);
    const part = parts.get(processId);
    if (part) part.push(answer);
    else parts.set(processId, [answer]);
  }
  return [...parts.values()];
}

/** One JSON array per process, split where it would grow too long. */
export function joinByProcess(batch: readonly Pick<Answer, 'callId' | 'frame' | 'isSigned'>[]): JoinedAnswers[] {
  const open = new Map<string, { frames: string[]; length: number; isSigned: boolean }>();
  const done: JoinedAnswers[] = [];
  for (const { callId, frame, isSigned } of batch) {
    if (!frame) continue;
    const { processId } = splitCallId(callId);
    const joined = open.get(processId);
    // One process is of one version.
    if (joined && joined.length + frame.length <= JOIN_LIMIT) {
      joined.frames.push(frame);
      joined.length += frame.length;
      continue;
    }
    if (joined) done.push(toMessage(processId, joined));
    open.set(processId, { frames: [frame], length: frame.length, isSigned });
  }
  for (const [processId, joined] of open) done.push(toMessage(processId, joined));
  return done;
}

function toMessage(processId: string, joined: { frames: readonly string[]; isSigned: boolean }): JoinedAnswers {
  return { processId, message: `[${joined.frames.join(',')}]`, isSigned: joined.isSigned };
}
