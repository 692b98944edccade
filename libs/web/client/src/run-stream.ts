import type { RunDelta, RunEnd, RunReset } from '@perennial/contracts-wire';

export interface RunStreamListener {
  /**
   * Text of the run, at its place (UTF-16 units): what the reader has from there on is replaced. A run that began anew comes as a whole, from 0.
   */
  onText(offset: number, text: string): void;
  onEnd(end: RunEnd): void;
  /** Whether the stream is connected; false while it is being reopened. */
  onConnected(connected: boolean): void;
}

const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;

/**
 * Reads one run from its first character to its end, across lost connections and restarts of any server: each event's id is the cursor after
 * it, and a new connection sends the last one (the browser would do so itself, but stops permanently on a 503).
 *
 * @returns the function that stops reading
 */
export function followRun(runId: string, listener: RunStreamListener): () => void {
  let cursor = '';
  let retryMs = FIRST_RETRY_MS;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    clearTimeout(timer);
    source?.close();
  };

  const open = () => {
    const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : '';
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
      listener.onText(offset, text);
    });
    source.addEventListener('reset', (event) => {
      cursor = event.lastEventId;
      listener.onText(0, (JSON.parse(event.data) as RunReset).text);
    });
    source.addEventListener('end', (event) => {
      stop();
      listener.onEnd(JSON.parse(event.data) as RunEnd);
    });
  };

  open();
  return stop;
}
