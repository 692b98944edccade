import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { placementOfKey } from '@perennial/contracts-kernel';
import type { BlobStoreConfig } from '../env';
import { RangeNotSatisfiableError } from '../errors';
import { checkKey, checkPrefix, isKey, keyOfSealed } from '../keys';
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
import { ask, createS3Client, type S3Place, s3PlaceOf } from './client';
import { translateS3Error } from './errors';
import { abortUnfinished, type S3Object, S3Target } from './upload';

const HEALTH_MS = 3_000;

export const openS3 = (config: BlobStoreConfig): BlobStore =>
  new S3BlobStore(createS3Client(config), s3PlaceOf(config));

/** Blobs as objects of one bucket, below a prefix, of any store with S3 and signature version 4. */
class S3BlobStore implements BlobStore {
  readonly capabilities = { presign: true, sharedBetweenHosts: true };

  constructor(
    private readonly client: S3Client,
    private readonly place: S3Place,
  ) {}

  put(key: string, source: Readable, options: PutOptions): Promise<StoredBlob> {
    return putInParts(() => new S3Target(this.client, this.written(key)), source, options);
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<BlobContent> {
    const object = this.object(key);
    try {
      // A range that the protocol cannot express is refused by the size, as by every other store.
      if (isEmptyRange(range)) throw new RangeNotSatisfiableError(await this.sizeOf(key, signal));
      const reply = await ask(this.client, new GetObjectCommand({ ...object, Range: toRangeHeader(range) }), {
        signal,
      });
      const body = reply.Body as Readable;
      const length = reply.ContentLength ?? 0;
      const { start, size } = parseContentRange(reply.ContentRange) ?? { start: 0, size: length };
      if (reply.ContentRange === undefined && range !== undefined) {
        // Some stores return an empty blob as a whole, where others reject the range.
        body.destroy();
        resolveRange(range, size);
        throw new Error('the S3 store does not know ranges');
      }
      return { stream: exactly(body, length, (error) => translateS3Error(error, key), signal), size, start, length };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if ((error as { name?: string }).name === 'InvalidRange')
        throw new RangeNotSatisfiableError(await this.sizeOf(key, signal));
      throw translateS3Error(error, key);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await ask(this.client, new DeleteObjectCommand(this.object(key)));
    } catch (error) {
      if (!isMissing(error)) throw translateS3Error(error);
    }
  }

  async *list(prefix: string, { signal }: ListOptions = {}): AsyncGenerator<BlobEntry> {
    const { bucket, prefix: own } = this.place;
    const request = {
      Bucket: bucket,
      Prefix: `${own}${checkPrefix(prefix)}`,
    };
    let token: string | undefined;
    do {
      const page = await ask(this.client, new ListObjectsV2Command({ ...request, ContinuationToken: token }), {
        signal,
      }).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : translateS3Error(error);
      });
      const now = Date.now() + this.client.config.systemClockOffset;
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const key = Key?.slice(own.length) ?? '';
        if (!isKey(key)) continue;
        yield { key, size: Size ?? 0, ageMs: Math.max(0, now - (LastModified?.getTime() ?? now)) };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async removeUnfinished(olderThanMs: number): Promise<number> {
    try {
      return await abortUnfinished(this.client, this.place, olderThanMs);
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  async presign(key: string, { ttlS, disposition, contentType }: PresignOptions): Promise<string> {
    const command = new GetObjectCommand({
      ...this.object(key),
      ResponseContentDisposition: disposition,
      ResponseContentType: contentType,
    });
    try {
      return await getSignedUrl(this.client, command, { expiresIn: ttlS });
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  async health(): Promise<void> {
    try {
      await ask(this.client, new HeadBucketCommand({ Bucket: this.place.bucket }), { timeoutMs: HEALTH_MS });
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.place.bucket, Key: `${this.place.prefix}${checkKey(key)}` };
  }

  private written(key: string): S3Object {
    const Tagging = this.place.tagging ? tagsOf(key) : undefined;
    return { ...this.object(key), ...this.place.encryption, Tagging };
  }

  private async sizeOf(key: string, signal: AbortSignal | undefined): Promise<number> {
    try {
      return (await ask(this.client, new HeadObjectCommand(this.object(key)), { signal })).ContentLength ?? 0;
    } catch (error) {
      throw signal?.aborted ? signal.reason : translateS3Error(error, key);
    }
  }
}

/** `kind=files&placement=eu`: what a lifecycle rule or a bill can tell apart. */
function tagsOf(name: string): string {
  const key = keyOfSealed(name) ?? name;
  const placement = placementOfKey(key);
  const kind = key.split('/')[placement === undefined ? 0 : 2] ?? '';
  return String(new URLSearchParams({ kind, ...(placement !== undefined && { placement }) }));
}

function isMissing(error: unknown): boolean {
  return (error as { name?: string }).name === 'NoSuchKey';
}
