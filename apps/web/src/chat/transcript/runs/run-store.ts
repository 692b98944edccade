import type { RunListener } from '@perennial/web-client/live';
import { Run } from './run';

/** Time that the flushes of one frame may take, in milliseconds; the others follow in the next frame. */
const FRAME_BUDGET_MS = 4;
/** After a frame that took longer, until it was painted, as much time is left to the page: to the keys of a person who writes meanwhile. */
const SLOW_FRAME_MS = 12;

/** Reads a run from its first character to its end; returns the function that stops. */
export type FollowRun = (runId: string, listener: RunListener) => () => void;

/** When something is shown. */
export interface Frames {
  /** In the next frame: `requestAnimationFrame`, which a hidden page does not get. */
  next(run: () => void): void;
  /** When the present frame has been painted. */
  painted(run: () => void): void;
  later(run: () => void, ms: number): void;
}

interface Followed {
  run: Run;
  readers: number;
  stop: () => void;
}

/**
 * The answers that are being written and shown, outside of React. What streams bring is collected, and shown once in an animation frame: a
 * hidden page shows nothing, and all of it when it is seen again.
 */
export class RunStore {
  private readonly followed = new Map<string, Followed>();
  private readonly changed = new Set<Run>();
  private frameAsked = false;

  constructor(
    private readonly followRun: FollowRun,
    private readonly frames: Frames,
    private readonly now = (): number => performance.now(),
  ) {}

  /** Reads a run, once for all that show it. The returned run stays as it is after `release`. */
  follow(runId: string): { run: Run; release: () => void } {
    const followed = this.followed.get(runId) ?? this.begin(runId);
    followed.readers += 1;
    let released = false;
    return {
      run: followed.run,
      release: () => {
        if (released) return;
        released = true;
        followed.readers -= 1;
        if (followed.readers > 0) return;
        followed.stop();
        this.followed.delete(runId);
      },
    };
  }

  private begin(runId: string): Followed {
    const run = new Run();
    const stop = this.followRun(runId, {
      onText: (offset, text) => this.after(run, () => run.write(offset, text)),
      onEnd: (end) => this.after(run, () => run.end(end)),
      onConnected: (connected) => this.after(run, () => run.connected(connected)),
    });
    const followed = { run, readers: 0, stop };
    this.followed.set(runId, followed);
    return followed;
  }

  private after(run: Run, change: () => void): void {
    change();
    this.changed.add(run);
    this.askForFrame();
  }

  private askForFrame(): void {
    if (this.frameAsked) return;
    this.frameAsked = true;
    this.frames.next(() => this.flush());
  }

  private flush(): void {
    const started = this.now();
    for (const run of this.changed) {
      this.changed.delete(run);
      run.flush();
      if (this.now() - started > FRAME_BUDGET_MS) break;
    }
    const goOn = (): void => {
      this.frameAsked = false;
      if (this.changed.size > 0) this.askForFrame();
    };
    this.frames.painted(() => {
      const took = this.now() - started;
      if (took > SLOW_FRAME_MS) this.frames.later(goOn, took);
      else goOn();
    });
  }
}
