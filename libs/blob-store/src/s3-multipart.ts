import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Part } from './part';
import { ask, type S3Place } from './s3-client';
import { translateS3Error } from './s3-errors';
import type { PutOptions } from './types';

/** Limit of the protocol. */
export const MAX_PARTS = 10_000;
/** Time for one attempt at a part, and for the part including retries: connections may be slow. */
export const PART_LIMITS = { attemptMs: 60_000, timeoutMs: 180_000 };
/** Metadata that identifies a put, in case the reply to its completion is lost. */
const PUT_ID = 'put-id';

export interface Target {
  Bucket: string;
  Key: string;
}

/** An object that is sent in parts: one part is in flight while the next is filled. */
export class MultipartUpload {
  private readonly parts: CompletedPart[] = [];
  private readonly cancel = new AbortController();
  private underWay: { part: Part; sent: Promise<void> } | undefined;

  private constructor(
    private readonly client: S3Client,
    private readonly target: Target & { UploadId: string },
    private readonly putId: string,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** @param onFailure called when a part fails while no caller waits for it */
  static async begin(
    client: S3Client,
    target: Target,
    { contentType, signal }: PutOptions,
    onFailure: (error: Error) => void,
  ): Promise<MultipartUpload> {
    const putId = randomUUID();
    const request = { ...target, ContentType: contentType, Metadata: { [PUT_ID]: putId } };
    try {
      const { UploadId = '' } = await ask(client, new CreateMultipartUploadCommand(request), { signal });
      return new MultipartUpload(client, { ...target, UploadId }, putId, onFailure);
    } catch (error) {
      throw translateS3Error(error);
    }
  }

  /** Sends a part once the previous one has arrived; returns that buffer for reuse. */
  async send(part: Part): Promise<Part | undefined> {
    const free = this.underWay;
    await free?.sent;
    const sent = this.sendNow(part, this.parts.length + 1);
    sent.catch(this.onFailure);
    this.underWay = { part, sent };
    return free?.part.clear();
  }

  async finish(last: Part): Promise<void> {
    await this.send(last);
    await this.underWay?.sent;
    try {
      const request = { ...this.target, MultipartUpload: { Parts: this.parts } };
      await ask(this.client, new CompleteMultipartUploadCommand(request), PART_LIMITS);
    } catch (error) {
      if (!(isGone(error) && (await this.isThere()))) throw translateS3Error(error);
    }
  }

  /** Aborts the upload; a store that is away keeps the parts until `abortUnfinished`. */
  async abort(): Promise<void> {
    this.cancel.abort();
    // A part that arrives after the abort would stay.
    await this.underWay?.sent.catch(() => undefined);
    await ask(this.client, new AbortMultipartUploadCommand(this.target)).catch(() => undefined);
  }

  private async sendNow(part: Part, number: number): Promise<void> {
    try {
      const command = new UploadPartCommand({ ...this.target, PartNumber: number, Body: part.bytes });
      const { ETag } = await ask(this.client, command, { ...PART_LIMITS, signal: this.cancel.signal });
      this.parts.push({ ETag, PartNumber: number });
    } catch (error) {
      throw translateS3Error(error);
    }
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
