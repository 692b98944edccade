import {
  type $Command,
  S3Client,
  type S3ClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { BlobStoreConfig } from './env';

/** Where in the store our objects are. `prefix` is empty or ends with `/`. */
export interface S3Place {
  bucket: string;
  prefix: string;
}

/** Milliseconds until a store that can not be reached is called away. */
const CONNECT_MS = 3_000;
/** Milliseconds that one attempt at a small request may take. */
const ATTEMPT_MS = 6_000;
/** Milliseconds of a small request with its repetitions. */
const REQUEST_MS = 15_000;
const ATTEMPTS = 3;
/** As many as uploads and downloads of one process at once; others wait for a connection. */
const SOCKETS = 128;

export function createS3Client(config: BlobStoreConfig): S3Client {
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
    // Stores other than Amazon's refuse the newer checksum headers; the signature covers the SHA-256 of every body anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would cost each part a connection of its own.
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
  const prefix = (config.S3_KEY_PREFIX ?? '').replace(/^\/+|\/+$/g, '');
  return { bucket: config.S3_BUCKET_NAME ?? '', prefix: prefix === '' ? '' : `${prefix}/` };
}

export interface AskOptions {
  signal?: AbortSignal;
  /** Milliseconds until the headers of the answer have come, over all attempts. */
  timeoutMs?: number;
  /** Milliseconds of one attempt. */
  attemptMs?: number;
}

/** One request with a limit on its time, whatever the store does. Rejects with the SDK's errors. */
export async function ask<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  client: S3Client,
  command: $Command<Input, Output, S3ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
  { signal, timeoutMs = REQUEST_MS, attemptMs = ATTEMPT_MS }: AskOptions = {},
): Promise<Output> {
  // Only until the answer begins: the SDK would go on to listen to it while a body is read, for as long as the reader takes.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  try {
    return await client.send(command, {
      abortSignal: signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]),
      requestTimeout: attemptMs,
    });
  } finally {
    clearTimeout(timer);
  }
}
