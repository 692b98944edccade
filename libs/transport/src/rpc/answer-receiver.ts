import type { Connections } from '../redis';
import { isReplyError } from '../redis';
import { LargeAnswerFetcher } from './large-answers';
import { COLLECT } from './scripts';
import { answerContext, type AnswerFrame, isAnswerFrame, readAnswers, rpcKeys } from './wire';

export interface AnswerReceiverOptions {
  onAnswer(frame: AnswerFrame): void;
  /** A reply was sent, but is gone before it could be fetched. */
  onLost(call: string): void;
}

/** Incoming replies: verifies, decrypts and parses those for this process, and fetches those that wait in Redis. */
export class AnswerReceiver {
  private readonly large: LargeAnswerFetcher;

  constructor(
    private readonly connections: Connections,
    private readonly options: AnswerReceiverOptions,
  ) {
    const { commands, keyspace, processId } = connections;
    this.large = new LargeAnswerFetcher(commands, rpcKeys.large(keyspace.of(processId), processId));
  }

  /** A message of the process's channel. Never throws: one unreadable reply must not block the others. */
  receive(message: string): void {
    const frames = message.indexOf('[');
    const json = frames > 0 ? message.slice(frames) : message;
    const refusal = this.refusalOf(json, frames > 0 ? message.slice(0, frames) : undefined);
    if (refusal === undefined) this.read(json);
    else this.connections.deadLetters.put({ source: 'reply', reason: refusal, content: json });
  }

  /** Fetches replies that arrived while nobody was subscribed. Rejects while Redis is away. */
  async collect(): Promise<void> {
    const { commands, keyspace, processId } = this.connections;
    try {
      const key = rpcKeys.parked(keyspace.of(processId), processId);
      for (const message of await COLLECT.run(commands, [key], [])) this.read(this.opened(message) ?? '');
      // One at a time, because their lengths are not known here.
      for (const call of await this.large.waiting()) await this.fetch(call, 0);
    } catch (error) {
      if (!isReplyError(error)) throw error;
    }
  }

  private refusalOf(json: string, signature: string | undefined): string | undefined {
    const { secrets, processId, options } = this.connections;
    if (!secrets) return undefined;
    if (signature === undefined) return options.requireSigned ? 'not signed' : undefined;
    const verdict = secrets.verify(answerContext(processId), json, signature);
    return verdict === 'good' ? undefined : `signature ${verdict}`;
  }

  /** Replies that wait in Redis are encrypted instead of signed. */
  private opened(text: string): string | undefined {
    const { secrets, processId, options } = this.connections;
    const opened = secrets?.open(answerContext(processId), text);
    return opened ?? (secrets && options.requireSigned ? undefined : text);
  }

  private read(json: string): void {
    const frames = readAnswers(json);
    let malformed = frames === undefined;
    for (const frame of frames ?? []) {
      if (!isAnswerFrame(frame)) malformed = true;
      else if (frame[1] === 2) void this.fetch(frame[0], frame[2]);
      else this.options.onAnswer(frame);
    }
    if (malformed) this.connections.deadLetters.put({ source: 'reply', reason: 'not an answer', content: json });
  }

  /** Fetches a reply that waits in a key, and removes it even if its caller has given up. */
  private async fetch(call: string, length: number): Promise<void> {
    let answer: string | undefined;
    try {
      answer = await this.large.take(call, length);
    } catch {
      return; // Redis is away: `collect` tries again.
    }
    const opened = answer === undefined ? undefined : this.opened(answer);
    if (opened === undefined) this.options.onLost(call);
    else this.read(`[${opened}]`);
  }
}
