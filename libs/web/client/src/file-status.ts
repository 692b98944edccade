import type { FileProgress, PendingFile } from '@perennial/contracts-wire';
import { addressOf } from './http';
import { routes } from './routes';
import { say } from './words';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;

/**
 * Follows the ingestion of an uploaded file until it is `completed` or `failed`, across lost connections and restarts of any server: each
 * connection begins with the present state.
 *
 * @returns the function that stops following
 */
export function followFileStatus(fileId: string, onProgress: (progress: FileProgress) => void): () => void {
  const address = addressOf(routes.files.status.path, { id: fileId }, { stream: true });
  const gone: FileProgress = { status: 'failed', error: say().fileDeleted() };
  return follow(address, ({ status }) => status === 'completed' || status === 'failed', gone, onProgress);
}

/**
 * Follows all files of a base that wait or are being ingested, over one connection, until there are none; each call has the whole list, the
 * last one an empty list.
 *
 * @returns the function that stops following
 */
export function followPendingFiles(knowledgeId: string, onChange: (files: PendingFile[]) => void): () => void {
  const address = addressOf(routes.knowledge.pending.path, { id: knowledgeId }, { stream: true });
  return follow(address, (files) => files.length === 0, [], onChange);
}

/** @param gone passed for an item that does not exist (any more) */
function follow<T>(address: string, isLast: (state: T) => boolean, gone: T, onState: (state: T) => void): () => void {
  let retryMs = FIRST_RETRY_MS;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };

  const open = () => {
    source = new EventSource(address);
    source.onmessage = (event) => {
      retryMs = FIRST_RETRY_MS;
      const state = JSON.parse(event.data as string) as T;
      if (isLast(state)) stop();
      onState(state);
    };
    source.onerror = () => {
      // Closed without our doing: the server replied with something other than events. An EventSource does not say what.
      const refused = source?.readyState === EventSource.CLOSED;
      source?.close();
      timer = setTimeout(() => void again(refused), retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    };
  };

  const again = async (refused: boolean) => {
    const isGone = refused && (await isNotThere(address));
    if (stopped) return;
    if (!isGone) return open();
    stop();
    onState(gone);
  };

  open();
  return stop;
}

async function isNotThere(address: string): Promise<boolean> {
  const look = new AbortController();
  try {
    return (await fetch(address, { signal: look.signal })).status === 404;
  } catch {
    return false;
  } finally {
    look.abort();
  }
}
