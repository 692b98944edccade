import type { DurableResult, DurableWrite } from './durable-store';
import { encodeItem, encodePiece } from './frame';
import { endsInHalfPair, storable, TextBuffer } from './text-buffer';
import type { RunIdentity, RunPosition, RunStart, RunTerminal, RunWriter } from './types';

/** An open item may repeat this many UTF-16 units of text that is already durable. */
const MAX_REPEATED = 2_048;
/**
 * For so long after its claim, or after Postgres has confirmed it, an epoch may write into a Redis without a fence (ms). A paused process is
 * taken over 2 s after its claim at the earliest: 3 s after its last heartbeat, which is a second old at most.
 */
const OWNED_MS = 1_500;

/** A gateway that holds readers of this run. */
export interface Destination {
  /** False: an open item goes before the next piece. */
  opened: boolean;
  /** True when it has a reader of this run, not only its user's sockets. */
  reader: boolean;
  /** Consecutive checks that did not find the run there. */
  misses: number;
  /** When it was added (ms); checks that began earlier do not know of it. */
  since: number;
  /** When the gateway itself announced the subscription (ms), because a full Redis refuses to register it. */
  toldAt?: number;
}

/** What the writer needs from its publisher. */
export interface StreamWriterHost {
  nextAlias(): number;
  /** There is something to send live. */
  markLive(writer: StreamWriter): void;
  /** There is something to write durably. */
  markDurable(writer: StreamWriter): void;
  /** Writes everything that is marked, now. Rejects when Redis is away. */
  flush(): Promise<void>;
  closed(writer: StreamWriter): void;
}

/**
 * The stream writer of one claimed run: the whole text once, and three offsets into it (sent live, written durably, taken for a checkpoint).
 * A token costs one push into the buffer; encoding and sending happen per tick for all runs of the process.
 */
export class StreamWriter implements RunWriter {
  readonly epoch: number;
  readonly destinations = new Map<string, Destination>();
  /** False until the registry was read once. */
  subscribersKnown = false;
  liveDirty = false;
  durableDirty = false;
  /** When something was last sent live (ms). */
  liveAt = -Infinity;
  terminal?: RunTerminal;
  terminalDurable = false;
  /** How often the terminal event was sent live. */
  endsSent = 0;
  private generation: number;
  private base: number;
  private buffer: TextBuffer;
  private alias: number;
  private live: number;
  private durable: number;
  private checkpointed: number;
  private half = '';
  private dead = false;
  private opened = false;
  private seeding: boolean;
  /** When it was certain that this epoch owns the run (ms). */
  private ownedAt = performance.now();
  /** True until a reader may have seen text of this run. */
  private unseen: boolean;

  constructor(
    private readonly host: StreamWriterHost,
    readonly identity: RunIdentity,
    start: RunStart,
    /** True when Redis is known to hold exactly the start's text: it need not be seeded. What was never acquired is seeded even without text. */
    isDurable: boolean,
    private readonly onFenced: () => void,
  ) {
    this.epoch = start.epoch;
    this.generation = start.generation;
    this.buffer = new TextBuffer(storable(start.text));
    this.base = this.live = this.buffer.length;
    this.durable = isDurable ? this.base : 0;
    this.seeding = !isDurable;
    this.checkpointed = start.checkpointed ?? 0;
    this.unseen = this.epoch === 1 && this.generation === 1 && this.base === 0;
    this.alias = host.nextAlias();
    host.markLive(this);
    host.markDurable(this);
  }

  get position(): RunPosition {
    return { epoch: this.epoch, generation: this.generation, offset: this.buffer.length };
  }

  get text(): string {
    return this.buffer.toString();
  }

  /** True once nothing more can be appended. */
  get isOver(): boolean {
    return this.dead || this.terminal !== undefined;
  }

  get isDead(): boolean {
    return this.dead;
  }

  append(text: string): void {
    if (text === '' || this.isOver) return;
    let whole = this.half === '' ? text : this.half + text;
    this.half = '';
    if (endsInHalfPair(whole)) {
      this.half = whole.slice(-1);
      whole = whole.slice(0, -1);
    }
    this.buffer.append(storable(whole));
    if (!this.liveDirty) this.host.markLive(this);
    if (!this.durableDirty) this.host.markDurable(this);
  }

  restart(): void {
    if (this.isOver) return;
    this.generation += 1;
    this.buffer = new TextBuffer();
    this.base = this.live = this.durable = this.checkpointed = 0;
    this.half = '';
    this.unseen = false;
    // A new alias: a piece whose open item was lost must never be applied to the old text.
    this.alias = this.host.nextAlias();
    for (const destination of this.destinations.values()) destination.opened = false;
    this.host.markLive(this);
    this.host.markDurable(this);
  }

  takeUncheckpointed(): { generation: number; from: number; text: string } | undefined {
    const from = this.checkpointed;
    if (from >= this.buffer.length) return undefined;
    this.checkpointed = this.buffer.length;
    return { generation: this.generation, from, text: this.buffer.slice(from) };
  }

  async flush(): Promise<void> {
    const { generation, offset } = this.position;
    while (!this.dead && this.generation === generation && (this.durable < offset || !this.opened)) {
      this.host.markDurable(this);
      await this.host.flush();
    }
  }

  async end(terminal: RunTerminal): Promise<void> {
    if (this.dead) return;
    this.terminal ??= terminal;
    this.host.markLive(this);
    while (!this.dead && !this.terminalDurable) {
      this.host.markDurable(this);
      await this.host.flush();
    }
  }

  release(): void {
    if (this.dead) return;
    this.dead = true;
    this.host.closed(this);
  }

  /** Another epoch owns the run, or another writer has this one. */
  fence(): void {
    if (this.dead) return;
    this.release();
    this.onFenced();
  }

  // ------------------------------------------------------------ live path

  hasAlias(alias: number): boolean {
    return this.alias === alias;
  }

  /**
   * What was appended since the last tick, encoded once for all gateways, or a sign of life (`''` if there is neither). Gateways that
   * are opened in this tick get `encodeOpen()` instead.
   */
  takePiece(alive: boolean): string {
    const text = this.buffer.slice(this.live);
    const piece = text === '' && !alive ? '' : encodePiece(this.alias, this.live, text);
    if (this.live > 0) this.unseen = false;
    this.live = this.buffer.length;
    return piece;
  }

  /** What a gateway must have before its first piece; carries all that may not be durable yet. */
  encodeOpen(): string {
    const item = { k: 'o', a: this.alias, e: this.epoch, n: this.generation, b: this.base } as const;
    // Shortly after a take-over that is also what spares each gateway a read of the stream.
    const from = this.durable - this.base < MAX_REPEATED ? Math.min(this.base, this.durable) : this.durable;
    const tail = { o: from, t: this.buffer.slice(from), i: this.identity };
    return encodeItem({ ...item, ...tail, ...(this.unseen ? { f: 1 } : {}) });
  }

  encodeEnd(): string {
    return this.terminal ? encodeItem({ k: 'e', a: this.alias, t: this.terminal }) : '';
  }

  // ------------------------------------------------------------ durable path

  /** The next write would set the fence, and the claim is too old for it: ask Postgres first. A committed end needs no owner. */
  get isDoubtful(): boolean {
    return this.seeding && !this.terminal && performance.now() - this.ownedAt > OWNED_MS;
  }

  /** The next write, or `undefined` when Redis has everything. */
  nextWrite(): DurableWrite | undefined {
    if (this.dead || this.terminalDurable) return undefined;
    const to = this.buffer.length;
    const from = this.seeding ? 0 : this.durable;
    if (this.opened && !this.seeding && !this.terminal && from === to) return undefined;
    return {
      runId: this.identity.runId,
      epoch: this.epoch,
      generation: this.generation,
      from,
      to,
      base: this.base,
      text: this.buffer.slice(from),
      ...(this.seeding ? { seed: true } : {}),
      ...(this.seeding || !this.opened ? { identity: this.identity } : {}),
      ...(this.terminal ? { terminal: this.terminal } : {}),
    };
  }

  /** Handles the result of a write; `lost`: check the run's owner before its text is written again. */
  settle(write: DurableWrite, result: DurableResult): 'done' | 'again' | 'lost' {
    if (this.dead) return 'done';
    switch (result.kind) {
      case 'fenced':
        this.fence();
        return 'done';
      case 'lost':
        if (!this.terminal) return 'lost';
        this.seed();
        return 'again';
      case 'mismatch':
        this.seed();
        return 'again';
      case 'at':
        return this.settleAt(write, result.offset);
    }
  }

  /** This epoch owns the run: writes the whole text again with the next flush. */
  reseed(): void {
    this.ownedAt = performance.now();
    this.seed();
  }

  private seed(): void {
    this.seeding = true;
    this.durable = 0;
  }

  private settleAt(write: DurableWrite, offset: number): 'done' | 'again' {
    // The generation was restarted while the write was under way: its own first write follows.
    if (write.generation !== this.generation) return 'again';
    if (offset > this.buffer.length) {
      this.seed();
      return 'again';
    }
    this.durable = offset;
    if (offset === write.to) {
      this.opened = true;
      this.seeding = false;
      if (write.terminal) this.terminalDurable = true;
    }
    return this.nextWrite() ? 'again' : 'done';
  }
}
