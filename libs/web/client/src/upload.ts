import { routes } from '@perennial/contracts-gateway';
import type { FileReply } from '@perennial/contracts-wire';
import { addressOf, OfflineError, refusalOf } from './http';

export interface UploadRequest {
  /** The base that the file shall be in; without it the file is on its own. */
  knowledgeId?: string;
  /** Bytes that have left, and how many there are. */
  onProgress?: (sent: number, total: number) => void;
  /** Breaks the upload off; nothing of it stays on the server. */
  signal?: AbortSignal;
}

/**
 * Sends a file. It is durable, and its reading is written down, when this resolves. By XMLHttpRequest, because `fetch` does not tell how
 * much has been sent.
 *
 * @throws ApiError when the server refused, OfflineError when it could not be reached, an AbortError when it was broken off
 */
export function uploadFile(file: File, { knowledgeId, onProgress, signal }: UploadRequest = {}): Promise<FileReply> {
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
        return reject(refusalOf(status, (name) => request.getResponseHeader(name), responseText));
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
    // Before the file, so that it is known when the file arrives.
    if (knowledgeId) form.append('metadata', JSON.stringify({ knowledge_id: knowledgeId }));
    form.append('file', file, file.name);
    request.send(form);
  });
}
