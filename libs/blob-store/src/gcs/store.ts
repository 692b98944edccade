import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { BlobStoreConfig } from '../env';
import { RangeNotSatisfiableError } from '../errors';
import { checkKey, checkPrefix, isKey } from '../keys';
import { putInParts } from '../put-in-parts';
import { isEmptyRange, parseContentRange, toRangeHeader } from '../range-header';
import { exactly, resolveRange } from '../streams';
import type {
  BlobContent,
  BlobEntry,
  BlobStore,
  GetOptions,
  ListOptions,
  PresignOptions,
  PutOptions,
  StoredBlob,
} from '../types';
import { GcsClient } from './client';
import { gcsCredentials } from './credentials';
import { GcsReplyError, translateGcsError } from './errors';
import { signGcsUrl } from './signed-url';
import { GcsTarget } from './upload';

const HEALTH_MS = 3_000;

const PageSchema = z.object({
  items: z.array(z.object({ name: z.string(), size: z.coerce.number(), updated: z.coerce.date() })).default([]),
  nextPageToken: z.string().optional(),
});
const ObjectSchema = z.object({ size: z.coerce.number() });

export function openGcs(config: BlobStoreConfig): BlobStore {
  const credentials = gcsCredentials(config.GOOGLE_APPLICATION_CREDENTIALS_JSON);
  const client = new GcsClient(config.GCS_ENDPOINT_URL.replace(/\/+$/, ''), credentials);
  return new GcsBlobStore(client, config.GCS_BUCKET_NAME ?? '');
}

/** Blobs as objects of one bucket of Google Cloud Storage. */
class GcsBlobStore implements BlobStore {
  readonly capabilities;
  readonly presign?: BlobStore['presign'];

  constructor(
    private readonly client: GcsClient,
    private readonly bucket: string,
  ) {
    const { signer } = client.credentials;
    this.capabilities = { presign: signer !== undefined, sharedBetweenHosts: true };
    if (signer !== undefined)
      this.presign = async (key: string, options: PresignOptions) =>
        signGcsUrl({ endpoint: client.endpoint, bucket, key: checkKey(key) }, signer, options);
  }

  put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    return putInParts(() => new GcsTarget(this.client, this.bucket, checkKey(key)), source, options);
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<BlobContent> {
    const url = this.objectPath(key);
    const translate = (error: unknown): Error => translateGcsError(error, key);
    try {
      if (isEmptyRange(range)) throw new RangeNotSatisfiableError(await this.sizeOf(key, signal));
      const headers = { range: toRangeHeader(range) };
      const { headers: given, body } = await this.client.send({
        method: 'GET',
        url,
        query: { alt: 'media' },
        headers,
        signal,
      });
      const length = Number(given['content-length'] ?? 0);
      const place = parseContentRange(given['content-range'] as string | undefined);
      const { start, size } = place ?? { start: 0, size: length };
      if (place === undefined && range !== undefined) {
        // An empty object comes as a whole.
        body.on('error', () => undefined).destroy();
        resolveRange(range, size);
        throw new Error('the store does not know ranges');
      }
      return { stream: exactly(body, length, translate, signal), size, start, length };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof GcsReplyError && error.status === 416)
        throw new RangeNotSatisfiableError(await this.sizeOf(key, signal));
      throw translate(error);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await this.client.sendForNothing({ method: 'DELETE', url: this.objectPath(key) });
    } catch (error) {
      const translated = translateGcsError(error, key);
      if (!isMissing(translated)) throw translated;
    }
  }

  async *list(prefix: string, { signal }: ListOptions = {}): AsyncGenerator<BlobEntry> {
    const query = { prefix: checkPrefix(prefix), fields: 'items(name,size,updated),nextPageToken' };
    let pageToken: string | undefined;
    do {
      const { page, nowMs } = await this.page({ ...query, pageToken }, signal);
      for (const { name, size, updated } of page.items)
        if (isKey(name)) yield { key: name, size, ageMs: Math.max(0, nowMs - updated.getTime()) };
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
  }

  /** Google removes unfinished uploads itself, after a week; they are not listed, and not paid for. */
  async removeUnfinished(): Promise<number> {
    return 0;
  }

  async health(): Promise<void> {
    try {
      const query = { maxResults: '1', fields: 'nextPageToken' };
      await this.client.sendForNothing({ method: 'GET', url: this.bucketPath, query, timeoutMs: HEALTH_MS });
    } catch (error) {
      throw translateGcsError(error);
    }
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private get bucketPath(): string {
    return `/storage/v1/b/${encodeURIComponent(this.bucket)}/o`;
  }

  private objectPath(key: string): string {
    return `${this.bucketPath}/${encodeURIComponent(checkKey(key))}`;
  }

  private async page(
    query: Record<string, string | undefined>,
    signal: AbortSignal | undefined,
  ): Promise<{ page: z.output<typeof PageSchema>; nowMs: number }> {
    try {
      const { headers, body } = await this.client.send({ method: 'GET', url: this.bucketPath, query, signal });
      // By the clock of the store, as the times of its objects are.
      const nowMs = Date.parse(String(headers['date'])) || Date.now();
      return { page: PageSchema.parse(await body.json()), nowMs };
    } catch (error) {
      throw signal?.aborted ? signal.reason : translateGcsError(error);
    }
  }

  private async sizeOf(key: string, signal: AbortSignal | undefined): Promise<number> {
    try {
      const request = { method: 'GET', url: this.objectPath(key), query: { fields: 'size' }, signal } as const;
      return ObjectSchema.parse(await this.client.sendForJson(request)).size;
    } catch (error) {
      throw signal?.aborted ? signal.reason : translateGcsError(error, key);
    }
  }
}

function isMissing(error: Error): boolean {
  return error.name === 'BlobNotFoundError';
}
