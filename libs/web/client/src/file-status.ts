import type { FileProgress } from '@perennial/contracts-gateway';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;

/**
 * Follows the reading of an uploaded file until it is `completed` or `failed`, across cut connections and restarts of any server: each
 * connection begins with where the file is now.
 *
 * @returns the function that stops following
 */
export function followFileStatus(fileId: string, onProgress: (progress: FileProgress) => void): () => void {
  let retryMs = FIRST_RETRY_MS;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    clearTimeout(timer);
    source?.close();
  };

  const open = () => {
    source = new EventSource(`/api/v1/files/${encodeURIComponent(fileId)}/process/status?stream=true`);
    source.onmessage = (event) => {
      retryMs = FIRST_RETRY_MS;
      const progress = JSON.parse(event.data as string) as FileProgress;
      if (progress.status === 'completed' || progress.status === 'failed') stop();
      onProgress(progress);
    };
    source.onerror = () => {
      source?.close();
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    };
  };

  open();
  return stop;
}
