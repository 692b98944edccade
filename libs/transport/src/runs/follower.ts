import type { FollowedRun, OnRunUpdate, RunPosition, RunUpdate } from './types';

/** What a follower needs of its run. */
export interface FollowerSource extends FollowedRun {
  /** False while text before the run's position may be missing. */
  readonly isWhole: boolean;
  /** The update from an offset to the run's position; the same object for all followers at that offset. */
  deltaFrom(offset: number): RunUpdate;
  resetUpdate(): RunUpdate;
  endUpdate(): RunUpdate | undefined;
}

/**
 * Where a follower begins.
 * - a cursor: after it, or a `reset` if it is not valid any more
 * - `start`: nothing is shown yet; the text comes as a `delta` from 0
 * - `join`: any text may be shown already; the present text comes as a `reset`
 */
export type FollowerStart = RunPosition | 'start' | 'join';

/** One reader's cursor in one run. Nothing is buffered for it: the run has the text. */
export class Follower {
  private generation = -1;
  private offset = 0;
  private stale: boolean;
  private joining: boolean;
  /** Nothing was ever shown, so there is no text to take back. */
  private untouched: boolean;
  private paused = false;
  private closed = false;

  constructor(
    private readonly run: FollowerSource,
    start: FollowerStart,
    /** Whether a cursor is still valid, by the run. */
    isTrue: (cursor: RunPosition) => boolean,
    private readonly onUpdate: OnRunUpdate,
    private readonly onError: (error: unknown) => void,
    private readonly onEnd: () => void,
  ) {
    this.joining = start === 'join';
    this.untouched = typeof start !== 'object';
    this.stale = typeof start === 'object' && !isTrue(start);
    if (typeof start === 'object' && !this.stale) {
      this.generation = start.generation;
      this.offset = start.offset;
    }
  }

  /** The text of this generation was cut. */
  cut(generation: number, offset: number): void {
    if (this.generation === generation && this.offset > offset) this.stale = true;
  }

  deliver(): void {
    if (this.paused || this.closed) return;
    const { generation, offset } = this.run.position;
    if (this.joining) {
      if (!this.run.isWhole) return;
      // While this gateway knows no text, another may have shown some: what comes first replaces it.
      this.joining = offset === 0;
      this.stale = offset > 0;
      this.generation = generation;
    }
    if (this.untouched && !this.stale) this.generation = generation;
    if (this.stale || this.generation !== generation || (this.run.terminal && this.offset > offset)) {
      this.stale = false;
      this.generation = generation;
      this.offset = offset;
      this.send(this.run.resetUpdate());
    } else if (this.offset < offset) {
      const update = this.run.deltaFrom(this.offset);
      this.offset = offset;
      this.send(update);
    }
    const end = this.run.endUpdate();
    if (!end || this.closed || this.paused) return;
    this.close();
    this.send(end);
    this.onEnd();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.deliver();
  }

  close(): void {
    this.closed = true;
  }

  /** A reader that throws must not affect others. */
  private send(update: RunUpdate): void {
    this.untouched = false;
    try {
      this.onUpdate(update, this.run);
    } catch (error) {
      this.onError(error);
    }
  }
}
