import { ContainerClient, newPipeline, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { BlobStoreConfig } from '../env';
import { withTimeLimit } from '../time-limit';

/** Milliseconds of a small request including retries. */
const REQUEST_MS = 15_000;

/** The configured container. Sends no request. */
export function openContainer(config: BlobStoreConfig): ContainerClient {
  const endpoint = (config.AZURE_STORAGE_ENDPOINT ?? '').replace(/\/+$/, '');
  const credential = new StorageSharedKeyCredential(accountOf(endpoint), config.AZURE_STORAGE_KEY ?? '');
  const pipeline = newPipeline(credential, {
    retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  });
  return new ContainerClient(`${endpoint}/${config.AZURE_STORAGE_CONTAINER_NAME ?? ''}`, pipeline);
}

/** `https://ACCOUNT.blob.core.windows.net`, or an address in whose path the account is first (`http://127.0.0.1:10000/ACCOUNT`). */
export function accountOf(endpoint: string): string {
  const { hostname, pathname } = new URL(endpoint);
  return pathname.split('/')[1] || (hostname.split('.')[0] ?? '');
}

/** One request with a time limit that holds even if the store hangs. Rejects with the SDK's errors. */
export function ask<T>(
  request: (abortSignal: AbortSignal) => Promise<T>,
  { signal, timeoutMs = REQUEST_MS }: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<T> {
  return withTimeLimit(timeoutMs, signal, request);
}
