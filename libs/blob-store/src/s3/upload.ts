import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type BlobTarget, PART_LIMITS, type PartUpload } from '../put-in-parts';
import type { PutOptions } from '../types';
import { ask, type S3Place } from './client';
import { translateS3Error } from './errors';

/** Metadata that identifies a put, in case the reply to its completion is lost. */
const PUT_ID = 'put-id';

/** An object, with what every write of ours says about it (encryption, tags). */
export type S3Object = { Bucket: string; Key: string } & Pick<
  PutObjectCommandInput,
  'ServerSideEncryption' | 'SSEKMSKeyId' | 'Tagging'
>;

/** A blob as one object. */
export class S3Target implements BlobTarget {
  constructor(
    private readonly client: S3Client,
    private readonly object: S3Object,
  ) {}

  async putWhole(body: Buffer, { contentType, signal }: PutOptions): Promise<void> {
    try {
      const command = new PutObjectCommand({ ...this.object, Body: body, ContentType: contentType });
      await ask(this.client, command, { ...PART_LIMITS, signal });
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  beginUpload(options: PutOptions): Promise<PartUpload> {
    return MultipartUpload.begin(this.client, this.object, options);
  }
}

class MultipartUpload implements PartUpload {
  private readonly parts: CompletedPart[] = [];

  private constructor(
    private readonly client: S3Client,
    private readonly target: { Bucket: string; Key: string; UploadId: string },
    private readonly putId: string,
  ) {}

  static async begin(
    client: S3Client,
    object: S3Object,
    { contentType, signal }: PutOptions,
  ): Promise<MultipartUpload> {
    const putId = randomUUID();
    const request = { ...object, ContentType: contentType, Metadata: { [PUT_ID]: putId } };
    try {
      const { UploadId = '' } = await ask(client, new CreateMultipartUploadCommand(request), { signal });
      return new MultipartUpload(client, { Bucket: object.Bucket, Key: object.Key, UploadId }, putId);
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  async send(body: Buffer, number: number, signal: AbortSignal): Promise<void> {
    try {
      const command = new UploadPartCommand({ ...this.target, PartNumber: number, Body: body });
      const { ETag } = await ask(this.client, command, { ...PART_LIMITS, signal });
      this.parts.push({ ETag, PartNumber: number });
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  async complete(last: Buffer, number: number, signal: AbortSignal): Promise<void> {
    await this.send(last, number, signal);
    try {
      const request = { ...this.target, MultipartUpload: { Parts: this.parts } };
      await ask(this.client, new CompleteMultipartUploadCommand(request), PART_LIMITS);
    } catch (error) {
      if (!(isGone(error) && (await this.isThere()))) throw translateS3Error(error);
    }
  }

  /** A store that is away keeps the parts until `abortUnfinished`. */
  async abort(): Promise<void> {
    await ask(this.client, new AbortMultipartUploadCommand(this.target)).catch(() => undefined);
  }

  /** Whether the object under the key is from this put: its first completion succeeded, and only the reply was lost. */
  private async isThere(): Promise<boolean> {
    const { Bucket, Key } = this.target;
    const found = await ask(this.client, new HeadObjectCommand({ Bucket, Key })).catch(() => undefined);
    return found?.Metadata?.[PUT_ID] === this.putId;
  }
}

/** Aborts uploads below our prefix that began longer ago, and returns their number. */
export async function abortUnfinished(client: S3Client, place: S3Place, olderThanMs: number): Promise<number> {
  const before = Date.now() + client.config.systemClockOffset - olderThanMs;
  let aborted = 0;
  let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: place.bucket,
      Prefix: place.prefix,
      ...next,
    });
    const page = await ask(client, command);
    for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
      if (!Key.startsWith(place.prefix) || Initiated === undefined || Initiated.getTime() > before) continue;
      await ask(client, new AbortMultipartUploadCommand({ Bucket: place.bucket, Key, UploadId })).catch(
        (error: unknown) => {
          // Its own process has ended it meanwhile.
          if (!isGone(error)) throw error;
        },
      );
      aborted += 1;
    }
    next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  }
  return aborted;
}

function isGone(error: unknown): boolean {
  return (error as { name?: string }).name === 'NoSuchUpload';
}
