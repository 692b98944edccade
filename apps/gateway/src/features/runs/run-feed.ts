import type { FollowedRun, Following, RunPosition, RunStreamSubscriber, RunUpdate } from '@perennial/transport';

/** Where the updates of a run go: an event stream, or a line of a socket. */
export interface RunSink {
  readonly isOver: boolean;
  /** The reader is slow before anything of this run was written: the first text waits too. */
  readonly isSlow?: boolean;
  /** Called when the reader has caught up after `write` returned false. */
  onDrained: (() => void) | undefined;
  /** Calls the listener once, when the reader is gone or has all; at once if it is. */
  onClose(listener: () => void): void;
}

/**
 * Follows a run into a sink. While the reader is slow the subscriber keeps its cursor instead of buffered text; one update then
 * brings it up to date. Stops when the reader is gone.
 *
 * @param write writes one update into the sink; returns false when the sink is blocked
 */
export async function feed(
  subscriber: RunStreamSubscriber,
  runId: string,
  cursor: RunPosition | undefined,
  sink: RunSink,
  write: (update: RunUpdate, run: FollowedRun) => boolean,
): Promise<void> {
  let following: Following | undefined;
  let blocked = false;
  sink.onDrained = () => {
    blocked = false;
    following?.resume();
  };
  const onUpdate = (update: RunUpdate, run: FollowedRun): void => {
    if (sink.isOver || write(update, run)) return;
    blocked = true;
    following?.pause();
  };
  following = await subscriber.follow(runId, cursor, onUpdate, () => (blocked = sink.isSlow === true));
  // The first update comes before there is anything to pause.
  if (blocked) following.pause();
  sink.onClose(following);
}
