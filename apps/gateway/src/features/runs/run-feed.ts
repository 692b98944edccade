import type { FollowedRun, Following, RunPosition, RunStreamSubscriber, RunUpdate } from '@perennial/transport';
import type { EventStream } from '../../http/event-stream';

/**
 * Follows a run into an event stream. While the reader is slow the subscriber keeps its cursor instead of buffered text; one update then
 * brings it up to date. Stops when the reader is gone.
 *
 * @param write writes one update into the stream; returns false when the stream is blocked
 */
export async function feed(
  subscriber: RunStreamSubscriber,
  runId: string,
  cursor: RunPosition | undefined,
  stream: EventStream,
  write: (update: RunUpdate, run: FollowedRun) => boolean,
): Promise<void> {
  let following: Following | undefined;
  let blocked = false;
  stream.onDrained = () => {
    blocked = false;
    following?.resume();
  };
  following = await subscriber.follow(runId, cursor, (update, run) => {
    if (stream.isOver || write(update, run)) return;
    blocked = true;
    following?.pause();
  });
  // The first update comes before there is anything to pause.
  if (blocked) following.pause();
  stream.onClose(following);
}
