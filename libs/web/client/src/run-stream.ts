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
/** A stream that was refused so often in a row may be one of no run. */
const REFUSALS = 3;
/** A status comes within this time, or the stream is tried again. */
const STATUS_MS = 10_000;

/** The end of a run that is not there, or not the reader's: nothing comes of it, however often it is asked for. */
export const GONE: RunEnd = {
  ...{ state: 'failed', generation: 0, length: 0, finish_reason: null, usage: null },
  error: { code: 'answer_not_found', message: 'There is no such answer.' },
};

/**
 * Reads one run from a cursor to its end by an event stream, across lost connections and restarts of any server: each event's id is the cursor
 * after it, and a new connection sends the last one (the browser would do so itself, but stops permanently on a 503). A run that is not there ends.
 *
 * @returns the function that stops reading
 */
export function streamRun(runId: string, from: string | undefined, listener: RunStreamListener): () => void {
  let cursor = from;
  let retryMs = FIRST_RETRY_MS;
  let refusals = 0;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  const stop = () => {
    isStopped = true;
    clearTimeout(timer);
    source?.close();
  };

  const open = () => {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const address = `/api/v1/runs/${encodeURIComponent(runId)}/events${query}`;
    const stream = new EventSource(address);
    source = stream;
    stream.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      refusals = 0;
      listener.onConnected(true);
    };
    stream.onerror = () => {
      // The browser itself would try a lost line again; a status that is none of success is final to it.
      refusals = stream.readyState === EventSource.CLOSED ? refusals + 1 : 0;
      stream.close();
      listener.onConnected(false);
      void again(address);
    };
    stream.addEventListener('delta', (event) => {
      cursor = event.lastEventId;
      const { offset, text } = JSON.parse(event.data) as RunDelta;
      listener.onText(cursor, offset, text);
    });
    stream.addEventListener('reset', (event) => {
      cursor = event.lastEventId;
      listener.onText(cursor, 0, (JSON.parse(event.data) as RunReset).text);
    });
    stream.addEventListener('end', (event) => end(JSON.parse(event.data) as RunEnd));
  };

  const again = async (address: string) => {
    const isGone = refusals >= REFUSALS && (await isNotThere(address));
    if (isStopped) return;
    if (isGone) return end(GONE);
    timer = setTimeout(open, retryMs);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };

  const end = (told: RunEnd) => {
    stop();
    listener.onEnd(told);
  };

  open();
  return stop;
}

/** An event stream does not tell with which status it was refused. */
async function isNotThere(address: string): Promise<boolean> {
  const asked = new AbortController();
  const timer = setTimeout(() => asked.abort(), STATUS_MS);
  const reply = await fetch(address, { signal: asked.signal }).catch(() => undefined);
  clearTimeout(timer);
  // It may be there by now: the next stream reads it.
  asked.abort();
  return reply?.status === 404;
}
