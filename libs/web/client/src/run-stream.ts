import type { RunDelta, RunEnd, RunReset } from '@perennial/contracts-wire';

/** What an event stream of a run tells. */
export interface RunStreamListener {
  /** Text at its place (UTF-16 units), and the cursor after it. */
  onText(cursor: string, offset: number, text: string): void;
  onEnd(end: RunEnd): void;
  /** Whether the stream is connected; false while it is being reopened. */
  onConnected(connected: boolean): void;
}

const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;

/**
 * Reads one run from a cursor to its end by an event stream, across lost connections and restarts of any server: each event's id is the cursor
 * after it, and a new connection sends the last one (the browser would do so itself, but stops permanently on a 503).
 *
 * @returns the function that stops reading
 */
export function streamRun(runId: string, from: string | undefined, listener: RunStreamListener): () => void {
  let cursor = from;
  let retryMs = FIRST_RETRY_MS;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    clearTimeout(timer);
    source?.close();
  };

  const open = () => {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    source = new EventSource(`/api/v1/runs/${encodeURIComponent(runId)}/events${query}`);
    source.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      listener.onConnected(true);
    };
    source.onerror = () => {
      source?.close();
      listener.onConnected(false);
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    };
    source.addEventListener('delta', (event) => {
      cursor = event.lastEventId;
      const { offset, text } = JSON.parse(event.data) as RunDelta;
      listener.onText(cursor, offset, text);
    });
    source.addEventListener('reset', (event) => {
      cursor = event.lastEventId;
      listener.onText(cursor, 0, (JSON.parse(event.data) as RunReset).text);
    });
    source.addEventListener('end', (event) => {
      stop();
      listener.onEnd(JSON.parse(event.data) as RunEnd);
    });
  };

  open();
  return stop;
}
