import type { Readable } from 'node:stream';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Part } from './part';
import { ask } from './s3-client';
import { translateS3Error } from './s3-errors';
import { MAX_PARTS, MultipartUpload, PART_LIMITS, type Target } from './s3-multipart';
import { Meter } from './streams';
import type { PutOptions, StoredBlob } from './types';

/** Bytes of a part, the minimum of the protocol. One is filled while another is sent: an upload holds twice this. */
export const PART_BYTES = 5 * 1024 * 1024;

/**
 * Sends a stream as one object: in one request if it fits into a part, else in parts of one size. Nothing is visible before the end, and the
 * parts are aborted if anything fails.
 */
export async function putObject(
  client: S3Client,
  target: Target,
  source: Readable,
  options: PutOptions,
): Promise<StoredBlob> {
  const meter = new Meter(options);
  const partBytes = Math.max(PART_BYTES, Math.ceil(options.maxBytes / MAX_PARTS));
  let part = new Part(partBytes);
  let upload: MultipartUpload | undefined;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      meter.add(chunk);
      for (let rest = chunk; rest.length > 0; rest = part.take(rest)) {
        if (!part.full) continue;
        // Only now is it certain that this part is not the last.
        upload ??= await MultipartUpload.begin(client, target, options, (error) => source.destroy(error));
        part = (await upload.send(part)) ?? new Part(partBytes);
      }
    }
    const stored = meter.end();
    if (upload === undefined) await putWhole(client, target, part.bytes, options);
    else await upload.finish(part);
    return stored;
  } catch (error) {
    await upload?.abort();
    throw error;
  }
}

async function putWhole(client: S3Client, target: Target, body: Buffer, options: PutOptions): Promise<void> {
  try {
    const command = new PutObjectCommand({ ...target, Body: body, ContentType: options.contentType });
    await ask(client, command, { ...PART_LIMITS, signal: options.signal });
  } catch (error) {
    throw translateS3Error(error);
  }
}
