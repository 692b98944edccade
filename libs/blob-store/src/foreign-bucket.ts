import type { Readable } from 'node:stream';
import { z } from 'zod';
import { blobStoreEnv } from './env';

const { S3_ENDPOINT_URL, S3_REGION_NAME, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_KEY_PREFIX } = blobStoreEnv;
const { S3_ADDRESSING_STYLE, S3_USE_ACCELERATE_ENDPOINT } = blobStoreEnv;

/** The variables of a bucket that is only read; a misspelt one is refused. */
export const BucketConfigSchema = z
  .strictObject({
    S3_BUCKET_NAME: z.string().min(1),
    S3_ENDPOINT_URL,
    S3_REGION_NAME,
    S3_ACCESS_KEY_ID,
    S3_SECRET_ACCESS_KEY,
    S3_KEY_PREFIX,
    S3_ADDRESSING_STYLE,
    S3_USE_ACCELERATE_ENDPOINT,
  })
  .refine((config) => (config.S3_ACCESS_KEY_ID === undefined) === (config.S3_SECRET_ACCESS_KEY === undefined), {
    error: 'needs both halves of the access key, or none',
  });

export type BucketConfig = z.output<typeof BucketConfigSchema>;

export interface BucketObject {
  /** Must be read to its end or destroyed; it fails when fewer bytes come than promised. */
  stream: Readable;
  /** Bytes. */
  size: number;
  etag: string | null;
  contentType: string | undefined;
}

/** A bucket of others, to be read: keys are whatever they chose. Every method rejects with a `BlobStoreError`, or with the signal's reason. */
export interface ForeignBucket {
  /** The keys below a prefix, page by page. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<string[]>;

  /** @throws BlobNotFoundError */
  read(key: string, knownEtag: string | null, signal: AbortSignal): Promise<BucketObject | 'unchanged'>;

  close(): void;
}

/** Sends no request. The client is loaded on demand: it takes a sixth of a service's memory. */
export async function openBucket(config: BucketConfig): Promise<ForeignBucket> {
  const { S3Bucket } = await import('./s3/bucket');
  return new S3Bucket(config);
}
