import type { Redis } from 'ioredis';
import { encodeFrame } from './frame';
import type { RunKeys } from './keys';
import type { Pen } from './writer';

/** Beyond this many unanswered frames (Redis pauses) text waits in its pen and goes as one larger piece later. */
const MAX_UNDERWAY = 8;
const WAIT_MS = 50;
/** A gateway takes a run for silent after 1 s without a piece. */
const SIGN_OF_LIFE_MS = 500;
/** The terminal event is sent a second time, because the one frame that is lost may be the last. */
const END_AGAIN_MS = 1_000;
const ENDS = 2;

export interface LiveSenderOptions {
  redis: Redis;
  keys: RunKeys;
  /** This process on the wire. */
  worker: string;
  intervalMs: number;
  /** Runs a function outside of the caller's trace. */
  detached: <T>(run: () => T) => T;
}

/** Sends what the pens have: one timer per process, one PUBLISH per gateway and tick. */
export class LiveSender {
  private readonly dirty = new Set<Pen>();
  private timer?: NodeJS.Timeout;
  private underway = 0;
  private stopped = false;

  constructor(private readonly options: LiveSenderOptions) {}

  mark(pen: Pen): void {
    pen.liveDirty = true;
    this.dirty.add(pen);
    this.arm(this.options.intervalMs);
  }

  forget(pen: Pen): void {
    this.dirty.delete(pen);
  }

  /** True when the terminal event went out as often as it should. */
  static isDone(pen: Pen): boolean {
    return pen.endsSent >= ENDS;
  }

  /** Called about twice a second for all pens: signs of life for the silent ones, the repeated end for the finished ones. */
  beat(pens: Iterable<Pen>): void {
    const now = Date.now();
    for (const pen of pens) {
      if (pen.liveDirty || !pen.interestKnown) continue;
      const silent = now - pen.liveAt;
      if (pen.terminal) {
        if (!LiveSender.isDone(pen) && silent >= END_AGAIN_MS) this.mark(pen);
      } else if (silent >= SIGN_OF_LIFE_MS - this.options.intervalMs) {
        this.mark(pen);
      }
    }
  }

  /** Does not wait for the interval. */
  sendNow(): void {
    if (this.dirty.size === 0 || this.stopped) return;
    clearTimeout(this.timer);
    this.options.detached(() => this.tick());
  }

  /** Sends a frame of rare items to one gateway. Rejects when Redis is away. */
  async send(gateway: string, items: string): Promise<void> {
    await this.options.redis.publish(this.options.keys.live(gateway), encodeFrame(this.options.worker, items));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private arm(delayMs: number): void {
    if (this.timer || this.stopped) return;
    this.timer = this.options.detached(() => setTimeout(() => this.tick(), delayMs));
  }

  private tick(): void {
    this.timer = undefined;
    if (this.underway >= MAX_UNDERWAY || this.options.redis.status !== 'ready') {
      this.arm(WAIT_MS);
      return;
    }
    const now = Date.now();
    const frames = new Map<string, string>();
    const waiting: Pen[] = [];
    for (const pen of this.dirty) {
      // The first check of the registry is under way; what a run of 2 ms wrote must not be lost to its readers.
      if (pen.interestKnown) this.collect(pen, now, frames);
      else waiting.push(pen);
    }
    this.dirty.clear();
    for (const pen of waiting) this.dirty.add(pen);
    for (const [gateway, items] of frames) this.publish(gateway, items);
  }

  private collect(pen: Pen, now: number, frames: Map<string, string>): void {
    pen.liveDirty = false;
    const piece = pen.takePiece(!pen.terminal && now - pen.liveAt >= SIGN_OF_LIFE_MS / 2);
    pen.liveAt = now;
    if (pen.terminal && pen.endsSent > 0) {
      for (const destination of pen.destinations.values()) destination.opened = false;
    }
    for (const [gateway, destination] of pen.destinations) {
      let items = destination.opened ? piece : pen.encodeOpen();
      destination.opened = true;
      items += pen.encodeEnd();
      if (items !== '') frames.set(gateway, (frames.get(gateway) ?? '') + items);
    }
    if (pen.terminal) pen.endsSent += 1;
  }

  /** A frame that is lost needs no care here: gateways see the hole and fill it from the durable stream. */
  private publish(gateway: string, items: string): void {
    this.underway += 1;
    const answered = (): void => {
      this.underway -= 1;
    };
    this.send(gateway, items).then(answered, answered);
  }
}
