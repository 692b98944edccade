import type { Notice, NoticePayload } from '@perennial/contracts-kernel';
import type { Logger } from '@perennial/runtime';
import type { z } from 'zod';
import { type Connections, type Keyspace, TO_ALL } from '../redis';

/** Channel of a notice on the wire. */
export function noticeChannel(keyspace: Keyspace, channel: string): string {
  return `${keyspace.of(TO_ALL)}:notice:${channel}`;
}

/**
 * "Something changed, look again", to every process that listens. A notice may be lost (Redis away, a subscriber that reconnects), so every
 * receiver also polls.
 */
export class Notices {
  private readonly log: Logger;

  constructor(private readonly connections: Connections) {
    this.log = connections.logger('notices');
  }

  /** Never throws: a failed send equals a lost notice. */
  async publish<N extends Notice>(notice: N, payload: z.input<N['payload']>): Promise<void> {
    try {
      const channel = noticeChannel(this.connections.keyspace, notice.channel);
      await this.connections.publish(channel, JSON.stringify(notice.payload.parse(payload)));
    } catch (error) {
      this.log.warn({ err: error, channel: notice.channel }, 'a notice was not sent');
    }
  }

  /**
   * Calls `handler` for each notice that arrives, also from this process. Returns the function that stops it. A payload that does not match
   * the schema becomes a dead letter.
   */
  async subscribe<N extends Notice>(notice: N, handler: (payload: NoticePayload<N>) => unknown): Promise<() => void> {
    const channel = noticeChannel(this.connections.keyspace, notice.channel);
    return this.connections.subscriptions.subscribe(channel, (message) => void this.deliver(notice, message, handler));
  }

  private async deliver<N extends Notice>(
    notice: N,
    message: string,
    handler: (payload: NoticePayload<N>) => unknown,
  ): Promise<void> {
    const payload = this.payloadOf(notice, message);
    if (!payload) return;
    try {
      await handler(payload.data);
    } catch (error) {
      this.log.error({ err: error, channel: notice.channel }, 'handler of a notice failed');
    }
  }

  private payloadOf<N extends Notice>(notice: N, message: string): { data: NoticePayload<N> } | undefined {
    const source = `notice:${notice.channel}`;
    let value: unknown;
    try {
      value = JSON.parse(message);
    } catch {
      this.connections.deadLetters.put({ source, reason: 'not JSON', content: message });
      return undefined;
    }
    const parsed = notice.payload.safeParse(value);
    if (parsed.success) return { data: parsed.data as NoticePayload<N> };
    this.connections.deadLetters.put({ source, reason: 'a payload of another shape', content: message });
    return undefined;
  }
}
