import {
  type $Command,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { BlobStoreConfig } from '../env';
import { withTimeLimit } from '../time-limit';

/** The place of our objects in the store. `prefix` is empty or ends with `/`. */
export interface S3Place {
  bucket: string;
  prefix: string;
  /** Whether objects get tags. */
  tagging: boolean;
  /** What the store is asked to encrypt objects with. */
  encryption: Pick<PutObjectCommandInput, 'ServerSideEncryption' | 'SSEKMSKeyId'>;
}

/** Milliseconds until an unreachable store counts as away. */
const CONNECT_MS = 3_000;
/** Milliseconds that one attempt at a small request may take. */
const ATTEMPT_MS = 6_000;
/** Milliseconds of a small request including retries. */
const REQUEST_MS = 15_000;
const ATTEMPTS = 3;
/** Concurrent uploads and downloads of one process; others wait for a connection. */
const SOCKETS = 128;

/** Where a store is, and with which key. */
type S3Address = Pick<
  BlobStoreConfig,
  | 'S3_ENDPOINT_URL'
  | 'S3_REGION_NAME'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_ADDRESSING_STYLE'
  | 'S3_USE_ACCELERATE_ENDPOINT'
>;

export function createS3Client(config: S3Address): S3Client {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const style = config.S3_ADDRESSING_STYLE;
  return new S3Client({
    endpoint: config.S3_ENDPOINT_URL,
    region: config.S3_REGION_NAME,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
    forcePathStyle: style === 'path' || (style === 'auto' && config.S3_ENDPOINT_URL !== undefined),
    useAccelerateEndpoint: config.S3_USE_ACCELERATE_ENDPOINT,
    maxAttempts: ATTEMPTS,
    // Other stores than Amazon's refuse the newer checksum headers; the signature covers the SHA-256 of every body anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would need a connection for each part.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ATTEMPT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
  });
}

export function s3PlaceOf(config: BlobStoreConfig): S3Place {
  return {
    bucket: config.S3_BUCKET_NAME ?? '',
    prefix: prefixOf(config),
    tagging: config.S3_ENABLE_TAGGING,
    encryption: {
      ServerSideEncryption: config.S3_SERVER_SIDE_ENCRYPTION,
      SSEKMSKeyId: config.S3_SSE_KMS_KEY_ID,
    },
  };
}

/** Empty, or with a slash at its end. */
export function prefixOf({ S3_KEY_PREFIX = '' }: Pick<BlobStoreConfig, 'S3_KEY_PREFIX'>): string {
  const prefix = S3_KEY_PREFIX.replace(/^\/+|\/+$/g, '');
  return prefix === '' ? '' : `${prefix}/`;
}

export interface AskOptions {
  signal?: AbortSignal;
  /** Milliseconds until the headers of the reply have arrived, over all attempts. */
  timeoutMs?: number;
  /** Milliseconds of one attempt. */
  attemptMs?: number;
}

/** One request with a time limit that holds even if the store hangs. Rejects with the SDK's errors. */
export async function ask<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  client: S3Client,
  command: $Command<Input, Output, S3ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
  { signal, timeoutMs = REQUEST_MS, attemptMs = ATTEMPT_MS }: AskOptions = {},
): Promise<Output> {
  // Only until the reply begins: otherwise the SDK would apply it to the body too, at the reader's speed.
  return withTimeLimit(timeoutMs, signal, (abortSignal) =>
    client.send(command, { abortSignal, requestTimeout: attemptMs }),
  );
}
