import { setTimeout as sleep } from 'node:timers/promises';
import { BlobStoreUnavailableError } from '../errors';
import { type BlobTarget, PART_LIMITS, type PartUpload } from '../put-in-parts';
import type { PutOptions } from '../types';
import type { GcsClient } from './client';
import { isTransient, translateGcsError } from './errors';

/** The part is sent anew so often, from where the store has it. */
const ATTEMPTS = 3;
const BACK_OFF_MS = 300;
/** The store has a part, and waits for more. */
const INCOMPLETE = 308;

/** A blob as one object: in one request, or by a resumable upload, of which nothing is visible before its end. */
export class GcsTarget implements BlobTarget {
  constructor(
    private readonly client: GcsClient,
    private readonly bucket: string,
    private readonly key: string,
  ) {}

  async putWhole(body: Buffer, { contentType, signal }: PutOptions): Promise<void> {
    try {
      await this.client.sendForNothing({
        method: 'POST',
        url: uploadPath(this.bucket),
        query: { uploadType: 'media', name: this.key },
        headers: { 'content-type': contentType ?? 'application/octet-stream' },
        body,
        signal,
        ...PART_LIMITS,
      });
    } catch (error) {
      throw translateGcsError(error);
    }
  }

  async beginUpload({ contentType, signal }: PutOptions): Promise<PartUpload> {
    try {
      const { headers } = await this.client.sendForNothing({
        method: 'POST',
        url: uploadPath(this.bucket),
        query: { uploadType: 'resumable', name: this.key },
        headers: { 'x-upload-content-type': contentType ?? 'application/octet-stream', 'content-length': '0' },
        signal,
      });
      return new ResumableUpload(this.client, String(headers['location']));
    } catch (error) {
      throw translateGcsError(error);
    }
  }
}

const uploadPath = (bucket: string): string => `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`;

class ResumableUpload implements PartUpload {
  /** Bytes of the parts before the one under way. */
  private sent = 0;

  /** @param session the address that takes the parts */
  constructor(
    private readonly client: GcsClient,
    private readonly session: string,
  ) {}

  send(body: Buffer, _number: number, signal: AbortSignal): Promise<void> {
    return this.sendPart(body, '*', signal);
  }

  complete(last: Buffer, _number: number, signal: AbortSignal): Promise<void> {
    return this.sendPart(last, this.sent + last.length, signal);
  }

  async abort(): Promise<void> {
    const request = { method: 'DELETE', url: this.session, accept: [499], attempts: 1 } as const;
    await this.client.sendForNothing(request).catch(() => undefined);
  }

  /** @param total bytes of the object, once they are known */
  private async sendPart(body: Buffer, total: number | '*', signal: AbortSignal): Promise<void> {
    const end = this.sent + body.length;
    for (let attempt = 1; ; attempt += 1) {
      try {
        // A reply that was lost does not say what has arrived.
        const from = attempt === 1 ? this.sent : await this.arrived(total, signal);
        if (from >= end) break;
        const rest = body.subarray(from - this.sent);
        if ((await this.put(rest, `${from}-${end - 1}/${total}`, total, signal)) >= end) break;
        if (attempt === ATTEMPTS)
          throw new BlobStoreUnavailableError('Google Cloud Storage keeps only a piece of a part');
      } catch (error) {
        if (signal.aborted || attempt === ATTEMPTS || !isTransient(error)) throw translateGcsError(error);
        await sleep(BACK_OFF_MS * attempt, undefined, { signal });
      }
    }
    this.sent = end;
  }

  private arrived(total: number | '*', signal: AbortSignal): Promise<number> {
    return this.put(undefined, `*/${total}`, total, signal);
  }

  /** @returns the bytes that have arrived, of all parts; infinitely many when the object is complete */
  private async put(
    body: Buffer | undefined,
    range: string,
    total: number | '*',
    signal: AbortSignal,
  ): Promise<number> {
    const { statusCode, headers } = await this.client.sendForNothing({
      method: 'PUT',
      url: this.session,
      headers: { 'content-range': `bytes ${range}` },
      body,
      accept: [INCOMPLETE],
      signal,
      ...PART_LIMITS,
      attempts: 1,
    });
    if (statusCode === INCOMPLETE) return parseArrived(headers['range']);
    if (total === '*') throw new BlobStoreUnavailableError('Google Cloud Storage ended an upload before its last part');
    return Infinity;
  }
}

/** `bytes=0-99`: so many bytes have arrived; none without the header. */
function parseArrived(range: string | string[] | undefined): number {
  const last = /^bytes=0-(\d+)$/.exec(String(range ?? ''))?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
