import type { FileReply } from '@perennial/contracts-wire';
import { addressOf, OfflineError, refusalOf } from './http';
import { routes } from './routes';

export interface UploadRequest {
  /** The base for the file; without it the file stands alone. */
  knowledgeId?: string;
  /** A directory of that base; null: its top level. */
  directoryId?: string | null;
  /** Bytes sent, and their total. */
  onProgress?: (sent: number, total: number) => void;
  /** Aborts the upload; the server keeps nothing of it. */
  signal?: AbortSignal;
}

/**
 * Sends a file. When this resolves it is durable, and its ingestion is recorded. By XMLHttpRequest, because `fetch` does not report the
 * progress of a request.
 *
 * @throws ApiError when the server refused, OfflineError when it could not be reached, an AbortError when it was aborted
 */
export function uploadFile(
  file: File,
  { knowledgeId, directoryId = null, onProgress, signal }: UploadRequest = {},
): Promise<FileReply> {
  return new Promise((resolve, reject) => {
    const brokenOff = () => reject(new DOMException('The upload was broken off.', 'AbortError'));
    if (signal?.aborted) return brokenOff();
    const request = new XMLHttpRequest();
    request.open(routes.files.upload.method, addressOf(routes.files.upload.path));
    request.setRequestHeader('accept', 'application/json');
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded, total);
    request.onload = () => {
      const { status, responseText } = request;
      if (status < 200 || status > 299) {
        return void refusalOf(status, (name) => request.getResponseHeader(name), responseText).then(reject);
      }
      try {
        resolve(JSON.parse(responseText) as FileReply);
      } catch {
        reject(new OfflineError());
      }
    };
    request.onerror = () => reject(new OfflineError());
    request.onabort = brokenOff;
    signal?.addEventListener('abort', () => request.abort(), { once: true });

    const form = new FormData();
    // Before the file, so that the server knows it when the file arrives.
    if (knowledgeId) form.append('metadata', JSON.stringify({ knowledge_id: knowledgeId, directory_id: directoryId }));
    form.append('file', file, file.name);
    request.send(form);
  });
}
