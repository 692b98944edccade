import type { RunDelta, RunEnd, RunReset } from '@perennial/contracts-wire';

/** A run's text as its reader holds it. */
export interface RunText {
  generation: number;
  text: string;
  end?: RunEnd;
}

export interface RunStreamListener {
  /** The text changed, or the run ended. */
  onChange(run: RunText): void;
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
  let run: RunText = { generation: 0, text: '' };
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
      const delta = JSON.parse(event.data) as RunDelta;
      show(event, { generation: delta.generation, text: run.text.slice(0, delta.offset) + delta.text });
    });
    source.addEventListener('reset', (event) => {
      const reset = JSON.parse(event.data) as RunReset;
      show(event, { generation: reset.generation, text: reset.text });
    });
    source.addEventListener('end', (event) => {
      stop();
      show(event, { ...run, end: JSON.parse(event.data) as RunEnd });
    });
  };

  const show = (event: MessageEvent, next: RunText) => {
    cursor = event.lastEventId;
    run = next;
    listener.onChange(run);
  };

  open();
  return stop;
}
