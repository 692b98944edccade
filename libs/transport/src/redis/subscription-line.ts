import { type Logger, waitAtMost } from '@perennial/runtime';
import type { Redis } from 'ioredis';
import { isUnaskedReply } from './create-redis';

/** A process must start without Redis; but if Redis is there it should not miss the first message. */
const AWAY_TIMEOUT_MS = 1_000;

export type ChannelListener = (message: string) => void;

export interface LineEvents {
  /** Every channel is subscribed. */
  onRestored(): void;
  /** Messages are missed from here. */
  onLost(): void;
}

/** One subscriber connection and its channels, which it subscribes again after every reconnect. On a Cluster they are of one slot. */
export class SubscriptionLine {
  private readonly listeners = new Map<string, Set<ChannelListener>>();
  private readonly waiting = new Set<() => void>();
  private live = false;

  constructor(
    private readonly redis: Redis,
    private readonly isSharded: boolean,
    private readonly log: Logger,
    private readonly events: LineEvents,
  ) {
    redis.on(isSharded ? 'smessage' : 'message', (channel: string, message: string) => this.deliver(channel, message));
    redis.on('ready', () => void this.resubscribe());
    redis.on('close', () => this.down());
    redis.on('error', (error: Error) => {
      if (isSharded && isUnaskedReply(error)) redis.disconnect(true);
    });
    if (redis.status === 'ready') void this.resubscribe();
  }

  /** True while every channel is subscribed. */
  get isLive(): boolean {
    return this.live;
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
      await this.send('subscribe', [channel]).catch(() => undefined);
      return;
    }
    let done = (): void => undefined;
    const restored = new Promise<void>((resolve) => this.waiting.add((done = resolve)));
    await waitAtMost(restored, AWAY_TIMEOUT_MS);
    this.waiting.delete(done);
  }

  private unsubscribe(channel: string, listener: ChannelListener): void {
    const known = this.listeners.get(channel);
    if (!known?.delete(listener) || known.size > 0) return;
    this.listeners.delete(channel);
    if (this.redis.status === 'ready') this.send('unsubscribe', [channel]).catch(() => undefined);
  }

  private send(command: 'subscribe' | 'unsubscribe', channels: string[]): Promise<unknown> {
    if (command === 'subscribe')
      return this.isSharded ? this.redis.ssubscribe(...channels) : this.redis.subscribe(...channels);
    return this.isSharded ? this.redis.sunsubscribe(...channels) : this.redis.unsubscribe(...channels);
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
    this.events.onLost();
  }

  private async resubscribe(): Promise<void> {
    try {
      const channels = [...this.listeners.keys()];
      if (channels.length > 0) await this.send('subscribe', channels);
      if (this.redis.status !== 'ready') return;
      this.live = true;
      for (const done of this.waiting) done();
      this.events.onRestored();
    } catch (error) {
      // If the connection broke again, the next 'ready' repeats this; a living connection that refuses is closed for the same effect.
      this.log.warn({ err: error }, 'subscribing failed');
      if (this.redis.status === 'ready') this.redis.disconnect(true);
    }
  }
}
