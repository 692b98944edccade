import { type Logger, waitAtMost } from '@perennial/runtime';
import type { Redis } from 'ioredis';

/** A process must start without Redis; but if Redis is there it should not miss the first message. */
const AWAY_TIMEOUT_MS = 1_000;

export type ChannelListener = (message: string) => void;

/**
 * The one subscriber connection of a process. It subscribes again after every reconnect and notifies listeners that may have missed messages
 * meanwhile (`onRestored`), because Pub/Sub itself does not.
 */
export class Subscriptions {
  private readonly listeners = new Map<string, Set<ChannelListener>>();
  private readonly restored = new Set<() => void>();
  private readonly lost = new Set<() => void>();
  private live = false;

  constructor(
    private readonly redis: Redis,
    private readonly log: Logger,
  ) {
    redis.on('message', (channel: string, message: string) => this.deliver(channel, message));
    redis.on('ready', () => void this.resubscribe());
    redis.on('close', () => this.down());
    if (redis.status === 'ready') void this.resubscribe();
  }

  /** True while every channel is subscribed. */
  get isLive(): boolean {
    return this.live;
  }

  /** Called whenever all channels are subscribed (also the first time). */
  onRestored(listener: () => void): void {
    this.restored.add(listener);
  }

  /** Called when the connection is lost: messages are missed from here until `onRestored`. */
  onLost(listener: () => void): void {
    this.lost.add(listener);
  }

  /** Resolves when Redis has confirmed, or after a second while Redis is away (the channel is subscribed on reconnect). */
  async subscribe(channel: string, listener: ChannelListener): Promise<() => void> {
    const known = this.listeners.get(channel);
    if (known) {
      known.add(listener);
    } else {
      this.listeners.set(channel, new Set([listener]));
      await this.confirmed(channel);
    }
    return () => this.unsubscribe(channel, listener);
  }

  close(): void {
    this.listeners.clear();
    this.redis.disconnect();
  }

  private async confirmed(channel: string): Promise<void> {
    if (this.redis.status === 'ready') {
      await this.redis.subscribe(channel).catch(() => undefined);
      return;
    }
    let done = (): void => undefined;
    const restored = new Promise<void>((resolve) => this.restored.add((done = resolve)));
    await waitAtMost(restored, AWAY_TIMEOUT_MS);
    this.restored.delete(done);
  }

  private unsubscribe(channel: string, listener: ChannelListener): void {
    const known = this.listeners.get(channel);
    if (!known?.delete(listener) || known.size > 0) return;
    this.listeners.delete(channel);
    if (this.redis.status === 'ready') this.redis.unsubscribe(channel).catch(() => undefined);
  }

  private deliver(channel: string, message: string): void {
    for (const listener of this.listeners.get(channel) ?? []) {
      try {
        listener(message);
      } catch (error) {
        this.log.error({ err: error, channel }, 'listener of a channel failed');
      }
    }
  }

  private down(): void {
    if (!this.live) return;
    this.live = false;
    for (const listener of this.lost) listener();
  }

  private async resubscribe(): Promise<void> {
    try {
      const channels = [...this.listeners.keys()];
      if (channels.length > 0) await this.redis.subscribe(...channels);
      if (this.redis.status !== 'ready') return;
      this.live = true;
      for (const listener of this.restored) listener();
    } catch (error) {
      // If the connection broke again, the next 'ready' repeats this; a living connection that refuses is closed for the same effect.
      this.log.warn({ err: error }, 'subscribing failed');
      if (this.redis.status === 'ready') this.redis.disconnect(true);
    }
  }
}
