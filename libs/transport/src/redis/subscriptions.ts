import type { Logger } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { type ChannelListener, SubscriptionLine } from './subscription-line';

export type { ChannelListener } from './subscription-line';

/** The connections that a process subscribes through. */
export interface SubscriberSource {
  isSharded: boolean;
  /** The slot of a channel, or one name for all. */
  lineOf(channel: string): string;
  /** A subscriber connection for the channels of a line. */
  connect(channel: string): Redis;
}

/**
 * What a process is subscribed to: one connection, on a Cluster one for each slot. It subscribes again after every reconnect and notifies
 * listeners that may have missed messages meanwhile (`onRestored`), because Pub/Sub itself does not.
 */
export class Subscriptions {
  private readonly lines = new Map<string, SubscriptionLine>();
  private readonly restored = new Set<() => void>();
  private readonly lost = new Set<() => void>();

  constructor(
    private readonly source: SubscriberSource,
    private readonly log: Logger,
  ) {
    // A single Redis: whoever waits for the subscriber does so before there is a channel.
    if (!source.isSharded) this.line('');
  }

  /** True while every channel is subscribed. */
  get isLive(): boolean {
    for (const line of this.lines.values()) if (!line.isLive) return false;
    return true;
  }

  /** The same for the channels that share a connection with this one. */
  isLiveFor(channel: string): boolean {
    return this.lines.get(this.source.lineOf(channel))?.isLive ?? false;
  }

  /** Called whenever all channels of a connection are subscribed (also the first time). */
  onRestored(listener: () => void): void {
    this.restored.add(listener);
  }

  /** Called when a connection is lost: messages are missed from here until `onRestored`. */
  onLost(listener: () => void): void {
    this.lost.add(listener);
  }

  /** Resolves when Redis has confirmed, or after a second while Redis is away (the channel is subscribed on reconnect). */
  subscribe(channel: string, listener: ChannelListener): Promise<() => void> {
    return this.line(channel).subscribe(channel, listener);
  }

  close(): void {
    for (const line of this.lines.values()) line.close();
  }

  private line(channel: string): SubscriptionLine {
    const name = this.source.lineOf(channel);
    let line = this.lines.get(name);
    if (!line) {
      line = new SubscriptionLine(this.source.connect(channel), this.source.isSharded, this.log, {
        onRestored: () => this.restored.forEach((listener) => listener()),
        onLost: () => this.lost.forEach((listener) => listener()),
      });
      this.lines.set(name, line);
    }
    return line;
  }
}
