import type { Readable } from 'node:stream';
import { BlobSASPermissions, type BlockBlobClient, type ContainerClient } from '@azure/storage-blob';
import type { BlobStoreConfig } from '../env';
import { RangeNotSatisfiableError } from '../errors';
import { checkKey, checkPrefix, isKey } from '../keys';
import { putInParts } from '../put-in-parts';
import { isEmptyRange, parseContentRange } from '../range-header';
import { exactly, resolveRange } from '../streams';
import type {
  BlobContent,
  BlobEntry,
  BlobRange,
  BlobStore,
  GetOptions,
  ListOptions,
  PresignOptions,
  PutOptions,
  StoredBlob,
} from '../types';
import { ask, openContainer } from './client';
import { azureCodeOf, translateAzureError } from './errors';
import { AzureTarget } from './upload';

const HEALTH_MS = 3_000;
const PAGE_SIZE = 1_000;

export const openAzure = (config: BlobStoreConfig): BlobStore => new AzureBlobStore(openContainer(config));

/** Blobs as block blobs of one container of Azure Blob Storage. */
class AzureBlobStore implements BlobStore {
  readonly capabilities = { presign: true, sharedBetweenHosts: true };

  constructor(private readonly container: ContainerClient) {}

  put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    return putInParts(() => new AzureTarget(this.blob(key)), source, options);
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<BlobContent> {
    const blob = this.blob(key);
    try {
      if (isEmptyRange(range)) throw new RangeNotSatisfiableError(await this.sizeOf(key, signal));
      const { from, count } = await this.bounds(key, range, signal);
      const reply = await ask((abortSignal) => blob.download(from, count, { abortSignal }), { signal });
      const body = reply.readableStreamBody as Readable;
      const length = reply.contentLength ?? 0;
      const { start, size } = parseContentRange(reply.contentRange) ?? { start: 0, size: length };
      const bounds = within(range, size, body);
      // Without the header it is the whole blob.
      if (bounds.start !== start || bounds.end !== start + length) throw new Error('the store does not know ranges');
      return { stream: exactly(body, length, (error) => translateAzureError(error, key), signal), size, start, length };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (azureCodeOf(error) === 'InvalidRange') throw new RangeNotSatisfiableError(await this.sizeOf(key, signal));
      throw translateAzureError(error, key);
    }
  }

  async delete(key: string): Promise<void> {
    const blob = this.blob(key);
    try {
      await ask((abortSignal) => blob.deleteIfExists({ abortSignal, deleteSnapshots: 'include' }));
    } catch (error) {
      throw translateAzureError(error);
    }
  }

  async *list(prefix: string, { signal }: ListOptions = {}): AsyncGenerator<BlobEntry> {
    checkPrefix(prefix);
    let continuationToken: string | undefined;
    do {
      const page = await this.page(prefix, continuationToken, signal);
      // By the clock of the store, as the times of its blobs are.
      const nowMs = page.date?.getTime() ?? Date.now();
      for (const { name, properties } of page.segment.blobItems) {
        if (!isKey(name)) continue;
        const ageMs = Math.max(0, nowMs - properties.lastModified.getTime());
        yield { key: name, size: properties.contentLength ?? 0, ageMs };
      }
      continuationToken = page.continuationToken || undefined;
    } while (continuationToken !== undefined);
  }

  /** Azure removes blocks that nobody committed itself, after a week; they are not listed. */
  async removeUnfinished(): Promise<number> {
    return 0;
  }

  async presign(key: string, { ttlS, disposition, contentType }: PresignOptions): Promise<string> {
    return this.blob(key).generateSasUrl({
      permissions: BlobSASPermissions.parse('r'),
      expiresOn: new Date(Date.now() + ttlS * 1_000),
      contentDisposition: disposition,
      contentType,
    });
  }

  async health(): Promise<void> {
    try {
      await ask((abortSignal) => this.container.getProperties({ abortSignal }), { timeoutMs: HEALTH_MS });
    } catch (error) {
      throw translateAzureError(error);
    }
  }

  async close(): Promise<void> {}

  private blob(key: string): BlockBlobClient {
    return this.container.getBlockBlobClient(checkKey(key));
  }

  /** Azure has no range from the end. */
  private async bounds(
    key: string,
    range: BlobRange | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ from?: number; count?: number }> {
    if (range === undefined) return {};
    if ('suffix' in range) return { from: resolveRange(range, await this.sizeOf(key, signal)).start };
    return { from: range.start, count: range.end === undefined ? undefined : range.end - range.start + 1 };
  }

  private async page(prefix: string, continuationToken: string | undefined, signal: AbortSignal | undefined) {
    try {
      return await ask(
        async (abortSignal) => {
          const pages = this.container.listBlobsFlat({ prefix, abortSignal });
          const { value, done } = await pages.byPage({ continuationToken, maxPageSize: PAGE_SIZE }).next();
          if (done === true) throw new Error('a page without an end came to its end');
          return value;
        },
        { signal },
      );
    } catch (error) {
      throw signal?.aborted ? signal.reason : translateAzureError(error);
    }
  }

  private async sizeOf(key: string, signal: AbortSignal | undefined): Promise<number> {
    const blob = this.blob(key);
    try {
      return (await ask((abortSignal) => blob.getProperties({ abortSignal }), { signal })).contentLength ?? 0;
    } catch (error) {
      throw signal?.aborted ? signal.reason : translateAzureError(error, key);
    }
  }
}

/** The bounds of a range in what has come. @throws RangeNotSatisfiableError, and the body is closed */
function within(range: BlobRange | undefined, size: number, body: Readable): { start: number; end: number } {
  try {
    return resolveRange(range, size);
  } catch (error) {
    body.destroy();
    throw error;
  }
}
