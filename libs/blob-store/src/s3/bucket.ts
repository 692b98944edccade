import type { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { BlobStoreUnavailableError } from '../errors';
import type { BucketConfig, BucketObject, ForeignBucket } from '../foreign-bucket';
import { exactly } from '../streams';
import { ask, createS3Client, prefixOf } from './client';
import { translateS3Error } from './errors';

/** A bucket whose objects others write, under keys of their own. */
export class S3Bucket implements ForeignBucket {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly prefix: string;

  constructor(config: BucketConfig) {
    this.client = createS3Client(config);
    this.bucket = config.S3_BUCKET_NAME;
    this.prefix = prefixOf(config);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<string[]> {
    let token: string | undefined;
    do {
      const request = { Bucket: this.bucket, Prefix: this.prefix + prefix, ContinuationToken: token };
      const page = await ask(this.client, new ListObjectsV2Command(request), { signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : translateS3Error(error);
      });
      yield (page.Contents ?? []).map(({ Key = '' }) => Key.slice(this.prefix.length));
      if (token !== undefined && page.NextContinuationToken === token)
        throw new BlobStoreUnavailableError('The store gives the same page of its list again and again');
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async read(key: string, knownEtag: string | null, signal: AbortSignal): Promise<BucketObject | 'unchanged'> {
    const request = { Bucket: this.bucket, Key: this.prefix + key, IfNoneMatch: knownEtag ?? undefined };
    try {
      const reply = await ask(this.client, new GetObjectCommand(request), { signal });
      const size = reply.ContentLength ?? 0;
      const stream = exactly(reply.Body as Readable, size, (error) => translateS3Error(error, key), signal);
      return { stream, size, etag: reply.ETag ?? null, contentType: reply.ContentType };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 304) return 'unchanged';
      throw translateS3Error(error, key);
    }
  }

  close(): void {
    this.client.destroy();
  }
}
