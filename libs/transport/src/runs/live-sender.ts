import type { RunConnections } from '../redis/connections';
import { encodeFrame } from './frame';
import type { RunKeys } from './keys';
import type { StreamWriter } from './stream-writer';

/** Beyond this many unanswered frames (Redis pauses) text waits in its writer and is sent later in larger pieces. */
const MAX_UNDERWAY = 8;
const WAIT_MS = 50;
/** A gateway checks a run after 1 s without a piece. */
const SIGN_OF_LIFE_MS = 500;
/** The terminal event is sent twice, because the one lost frame may be the last. */
const END_AGAIN_MS = 1_000;
const ENDS = 2;
/** All gateways behind one connection. */
const ALL = '';

export interface LiveSenderOptions {
  connections: Pick<RunConnections, 'commands' | 'publish' | 'keyspace'>;
  keys: RunKeys;
  /** This process on the wire. */
  worker: string;
  intervalMs: number;
  /** Runs a function outside of the caller's trace. */
  detached: <T>(run: () => T) => T;
}

/** Sends the writers' text: one timer per process, one PUBLISH per gateway and tick. */
export class LiveSender {
  private readonly dirty = new Set<StreamWriter>();
  private timer?: NodeJS.Timeout;
  /** Unanswered frames; on a Cluster by gateway. */
  private readonly underway = new Map<string, number>();
  private stopped = false;

  constructor(private readonly options: LiveSenderOptions) {}

  mark(writer: StreamWriter): void {
    writer.liveDirty = true;
    this.dirty.add(writer);
    this.arm(this.options.intervalMs);
  }

  forget(writer: StreamWriter): void {
    this.dirty.delete(writer);
  }

  /** True when the terminal event was sent as often as it should. */
  static isDone(writer: StreamWriter): boolean {
    return writer.endsSent >= ENDS;
  }

  /** Called about twice a second for all writers: heartbeats for silent ones, the repeated end for finished ones. */
  beat(writers: Iterable<StreamWriter>): void {
    const now = performance.now();
    for (const writer of writers) {
      if (writer.liveDirty || !writer.subscribersKnown) continue;
      const silent = now - writer.liveAt;
      if (writer.terminal) {
        if (!LiveSender.isDone(writer) && silent >= END_AGAIN_MS) this.mark(writer);
      } else if (silent >= SIGN_OF_LIFE_MS - this.options.intervalMs) {
        this.mark(writer);
      }
    }
  }

  /** Sends without waiting for the interval. */
  sendNow(): void {
    if (this.dirty.size === 0 || this.stopped) return;
    clearTimeout(this.timer);
    this.options.detached(() => this.tick());
  }

  /** Sends a frame of rare items to one gateway. Rejects when Redis is away. */
  async send(gateway: string, items: string): Promise<void> {
    await this.options.connections.publish(this.options.keys.live(gateway), encodeFrame(this.options.worker, items));
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
    if (this.isBusy(ALL) || this.options.connections.commands.status !== 'ready') {
      this.arm(WAIT_MS);
      return;
    }
    const now = performance.now();
    const frames = new Map<string, string>();
    const waiting: StreamWriter[] = [];
    for (const writer of this.dirty) {
      // Before the first look at the registry nothing is sent, or a run of 2 ms would be lost to its readers.
      if (writer.subscribersKnown) this.collect(writer, now, frames);
      else waiting.push(writer);
    }
    this.dirty.clear();
    for (const writer of waiting) this.dirty.add(writer);
    for (const [gateway, items] of frames) this.publish(gateway, items);
  }

  private collect(writer: StreamWriter, now: number, frames: Map<string, string>): void {
    writer.liveDirty = false;
    const piece = writer.takePiece(!writer.terminal && now - writer.liveAt >= SIGN_OF_LIFE_MS / 2);
    writer.liveAt = now;
    if (writer.terminal && writer.endsSent > 0) {
      for (const destination of writer.destinations.values()) destination.opened = false;
    }
    for (const [gateway, destination] of writer.destinations) {
      let items = destination.opened ? piece : writer.encodeOpen();
      destination.opened = true;
      items += writer.encodeEnd();
      if (items !== '') frames.set(gateway, (frames.get(gateway) ?? '') + items);
    }
    if (writer.terminal) writer.endsSent += 1;
  }

  /** Lost frames need no retry: gateways detect the gap and fill it from the durable stream. */
  private publish(gateway: string, items: string): void {
    const { isSharded } = this.options.connections.keyspace;
    // On a Cluster a node that hangs costs only the gateways whose channels it has.
    const lane = isSharded ? gateway : ALL;
    if (isSharded && this.isBusy(lane)) return;
    this.underway.set(lane, (this.underway.get(lane) ?? 0) + 1);
    const answered = (): void => {
      const left = (this.underway.get(lane) ?? 1) - 1;
      if (left > 0) this.underway.set(lane, left);
      else this.underway.delete(lane);
    };
    this.send(gateway, items).then(answered, answered);
  }

  private isBusy(lane: string): boolean {
    return (this.underway.get(lane) ?? 0) >= MAX_UNDERWAY;
  }
}
