import type { DurableRun } from './durable-store';
import { EpochStartOffsets } from './epoch-start-offsets';
import { Follower, type FollowerSource, type FollowerStart } from './follower';
import { PendingGap } from './pending-gap';
import { TextBuffer } from './text-buffer';
import type { OnRunUpdate, RunFailure, RunIdentity, RunLookup, RunPosition, RunTerminal, RunUpdate } from './types';

/** Workers send a heartbeat each 0.5 s: a run without one for this long has lost its worker, or we lost a frame. */
const SILENT_MS = 1_000;

/** Nobody can continue a run without its row. The same request may be sent again. */
const LOST: RunFailure = {
  code: 'UNAVAILABLE',
  message: 'The database has lost this answer. Send the message again.',
  retryable: true,
};

export type LookedUp = NonNullable<Awaited<ReturnType<RunLookup>>>;

/**
 * A gateway's state of one run: its text once, for all followers. All input (live, durable, looked up) states epoch, generation and offset;
 * older input is dropped, and text beyond a gap waits until the gap is filled.
 */
export class FollowedRunState implements FollowerSource {
  readonly followers = new Set<Follower>();
  /** Rises with every change; shows whether a check has learned something. */
  revision = 0;
  terminal?: RunTerminal;
  /** When its worker was last heard (milliseconds of the monotonic clock). */
  heardAt = performance.now();
  private known?: RunIdentity;
  private epoch = 0;
  /** -1: nothing is known yet. */
  private generation = -1;
  private buffer = new TextBuffer();
  private bases = new EpochStartOffsets();
  private readonly gap = new PendingGap();
  /** Highest offset that the writer has reached. */
  private expected = 0;
  private ending?: RunTerminal;
  private shared: RunUpdate[] = [];

  constructor(
    readonly runId: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  get isKnown(): boolean {
    return this.generation >= 0 && this.known !== undefined;
  }

  get identity(): RunIdentity {
    return this.known ?? { runId: this.runId, userId: '', model: '' };
  }

  get position(): RunPosition {
    return { epoch: this.epoch, generation: Math.max(this.generation, 0), offset: this.buffer.length };
  }

  get text(): string {
    return this.buffer.toString();
  }

  get isHeard(): boolean {
    return performance.now() - this.heardAt < SILENT_MS;
  }

  get isCurrent(): boolean {
    return this.terminal !== undefined || this.isHeard;
  }

  get isWhole(): boolean {
    return this.isKnown && !this.needsText;
  }

  /** True while text is missing that is known to exist. */
  get needsText(): boolean {
    return !this.terminal && (!this.gap.isEmpty || this.expected > this.buffer.length || this.ending !== undefined);
  }

  /** True when the end is known, but not all of its text. */
  get isEnding(): boolean {
    return this.ending !== undefined && !this.terminal;
  }

  // ------------------------------------------------------------ input

  identify(identity: RunIdentity): void {
    this.known ??= identity;
  }

  /** A worker opens its text: the bounds of its epoch, and text that may not be durable yet. */
  open(at: { epoch: number; generation: number; base: number; from: number; text: string }): void {
    if (!this.adopt(at.epoch, at.generation, new Map([[at.epoch, at.base]]))) return;
    this.ingest(at.from, at.text);
  }

  /** A piece of text of an epoch and generation that was opened before. */
  piece(epoch: number, generation: number, from: number, text: string): void {
    if (epoch !== this.epoch || generation !== this.generation || this.terminal) return;
    this.ingest(from, text);
  }

  /** The run has ended; `terminal` states the length of its text. */
  end(terminal: RunTerminal): void {
    if (this.terminal || this.ending) return;
    this.ending = terminal;
    this.revision += 1;
    this.settleEnd();
  }

  applyDurable(durable: DurableRun): void {
    const { epoch, generation } = durable.position;
    if (durable.identity) this.identify(durable.identity);
    if (this.adopt(epoch, generation, durable.bases)) this.ingest(durable.from, durable.text);
    if (durable.terminal) this.end(durable.terminal);
  }

  /** State from the database. Its text is older than the streams' except at the end, or when there is no stream. */
  applyLookup({ identity, position, text, terminal }: LookedUp): void {
    this.identify(identity);
    if (terminal) {
      if (this.terminal) return;
      this.replace(position, text);
      this.ending = terminal;
      this.finish(terminal);
    } else if (this.generation < 0) {
      // Earlier epochs are unknown: base 0 resets every older cursor, which is always correct.
      this.adopt(position.epoch, position.generation, new Map([[position.epoch, 0]]));
      this.ingest(0, text);
    } else if (position.epoch === this.epoch && position.generation === this.generation) {
      this.ingest(0, text);
    }
  }

  /** The database has lost the run (a failover, a restored backup): its followers get the end of the known text. */
  vanish(): void {
    if (this.terminal) return;
    const { generation, offset } = this.position;
    this.finish({ state: 'failed', generation, length: offset, error: LOST });
  }

  // ------------------------------------------------------------ followers

  /** False when a cursor cannot be validated: the base of an epoch between its own and the current one is unknown. */
  canJudge(cursor: RunPosition): boolean {
    if (cursor.epoch > this.epoch) return false;
    if (cursor.generation !== this.generation) return cursor.generation < this.generation;
    return this.bases.canJudge(cursor, this.epoch);
  }

  attach(start: FollowerStart, onUpdate: OnRunUpdate): Follower {
    const follower = new Follower(
      this,
      start,
      (cursor) => this.isTrue(cursor),
      onUpdate,
      this.onError,
      () => this.followers.delete(follower),
    );
    this.followers.add(follower);
    return follower;
  }

  deliver(): void {
    if (!this.isKnown) return;
    for (const follower of [...this.followers]) follower.deliver();
  }

  deltaFrom(offset: number): RunUpdate {
    return this.share(
      (update) => update.kind === 'delta' && update.offset === offset,
      () => ({
        kind: 'delta',
        epoch: this.epoch,
        generation: this.generation,
        offset,
        text: this.buffer.slice(offset),
      }),
    );
  }

  resetUpdate(): RunUpdate {
    return this.share(
      (update) => update.kind === 'reset',
      () => ({ kind: 'reset', epoch: this.epoch, generation: this.generation, text: this.text }),
    );
  }

  endUpdate(): RunUpdate | undefined {
    const { terminal } = this;
    if (!terminal) return undefined;
    return this.share(
      (update) => update.kind === 'end',
      () => ({ kind: 'end', epoch: this.epoch, terminal, text: this.text }),
    );
  }

  // ------------------------------------------------------------ inside

  /** Adopts newer bounds. False when they are older than the known ones. */
  private adopt(epoch: number, generation: number, bases: ReadonlyMap<number, number>): boolean {
    if (this.terminal || epoch < this.epoch || (epoch === this.epoch && generation < this.generation)) return false;
    if (generation !== this.generation) {
      this.clear();
      this.bases = new EpochStartOffsets(bases);
      this.generation = generation;
    } else {
      this.bases.add(bases);
      // A reader may be ahead of this gateway, which it has just come to: what its text lacks is not invalid, unless nobody knows.
      let base = this.bases.canJudge(this.position, epoch) ? Infinity : this.buffer.length;
      for (const [of, at] of bases) if (of > this.epoch) base = Math.min(base, at);
      if (epoch > this.epoch) {
        this.gap.clear();
        this.expected = 0;
        this.cut(base);
      }
    }
    if (epoch !== this.epoch) this.changed();
    this.epoch = epoch;
    return true;
  }

  private ingest(from: number, text: string): void {
    const end = from + text.length;
    const { length } = this.buffer;
    if (from > length) {
      this.expected = Math.max(this.expected, from);
      this.gap.add(from, text);
      return;
    }
    if (end > length) {
      this.buffer.append(text.slice(length - from));
      this.buffer.append(this.gap.takeAt(this.buffer.length));
      this.changed();
    }
    if (this.ending) this.settleEnd();
  }

  /** Ends once the text has the length that the terminal event states. */
  private settleEnd(): void {
    const { ending } = this;
    if (!ending || this.terminal) return;
    if (ending.length === 0) this.replace({ ...this.position, generation: ending.generation }, '');
    const isThere =
      ending.length === 0 || (this.generation === ending.generation && this.buffer.length === ending.length);
    if (isThere) this.finish(ending);
  }

  private finish(terminal: RunTerminal): void {
    if (this.generation < 0) this.generation = terminal.generation;
    this.terminal = terminal;
    this.gap.clear();
    this.changed();
  }

  /** Replaces the text by a final one; readers that have shown another text are reset. */
  private replace(position: RunPosition, text: string): void {
    if (position.generation !== this.generation) {
      this.clear();
      this.generation = position.generation;
    } else {
      const shown = this.text;
      if (!text.startsWith(shown)) this.cut(commonLength(shown, text));
    }
    this.epoch = Math.max(this.epoch, position.epoch);
    this.buffer.append(text.slice(this.buffer.length));
    this.gap.clear();
    this.changed();
  }

  private cut(offset: number): void {
    if (offset >= this.buffer.length) {
      for (const follower of this.followers) follower.cut(this.generation, offset);
      return;
    }
    this.buffer.truncate(offset);
    for (const follower of this.followers) follower.cut(this.generation, offset);
    this.changed();
  }

  private clear(): void {
    this.buffer = new TextBuffer();
    this.gap.clear();
    this.expected = 0;
    this.changed();
  }

  private isTrue(cursor: RunPosition): boolean {
    return cursor.generation === this.generation && this.canJudge(cursor) && this.bases.isTrue(cursor, this.epoch);
  }

  private changed(): void {
    this.revision += 1;
    this.shared = [];
  }

  private share(matches: (update: RunUpdate) => boolean, make: () => RunUpdate): RunUpdate {
    const found = this.shared.find(matches);
    if (found) return found;
    const made = make();
    this.shared.push(made);
    return made;
  }
}

/** Length of the common prefix. */
function commonLength(left: string, right: string): number {
  const limit = Math.min(left.length, right.length);
  let length = 0;
  while (length < limit && left.charCodeAt(length) === right.charCodeAt(length)) length += 1;
  return length;
}
