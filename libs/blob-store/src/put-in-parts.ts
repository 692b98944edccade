import type { Readable } from 'node:stream';
import { Part } from './part';
import { destroyOnAbort, Meter } from './streams';
import type { PutOptions, StoredBlob } from './types';

/** Bytes of a part, the minimum of S3. One is filled while another is sent: an upload holds twice this. */
export const PART_BYTES = 5 * 1024 * 1024;
/** Limit of S3; the others allow more. */
const MAX_PARTS = 10_000;
/** Google takes parts in multiples of this. */
const PART_STEP = 256 * 1024;

/** Time for one attempt at a part, and for the part including retries: connections may be slow. */
export const PART_LIMITS = { attemptMs: 60_000, timeoutMs: 180_000 };

/** How a store takes one blob. Nothing of it is visible before the end. */
export interface BlobTarget {
  /** In one request. */
  putWhole(body: Buffer, options: PutOptions): Promise<void>;
  beginUpload(options: PutOptions): Promise<PartUpload>;
}

/** An upload in parts, which are sent one after the other. */
export interface PartUpload {
  /** @param number from 1 */
  send(body: Buffer, number: number, signal: AbortSignal): Promise<void>;
  /** Sends the last part, which is not empty, and makes the blob visible. */
  complete(last: Buffer, number: number, signal: AbortSignal): Promise<void>;
  /** Gives the parts up. Never rejects: a store that is away keeps them until their age removes them. */
  abort(): Promise<void>;
}

/**
 * Sends a stream as one blob: in one request if it fits into a part, else in parts of one size. Nothing is visible before the end, and the
 * parts are given up if anything fails. Rejects with the reason of an aborted signal.
 *
 * @param open refuses a wrong key
 */
export async function putInParts(open: () => BlobTarget, source: Readable, options: PutOptions): Promise<StoredBlob> {
  const release = destroyOnAbort(source, options.signal);
  try {
    return await send(open(), source, options);
  } catch (error) {
    throw options.signal?.aborted ? options.signal.reason : error;
  } finally {
    release();
    source.destroy();
  }
}

async function send(target: BlobTarget, source: Readable, options: PutOptions): Promise<StoredBlob> {
  const meter = new Meter(options);
  const partBytes = toPartBytes(options.maxBytes);
  let part = new Part(partBytes);
  let parts: PartSender | undefined;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      meter.add(chunk);
      for (let rest = chunk; rest.length > 0; rest = part.take(rest)) {
        if (!part.full) continue;
        // Only now is it certain that this part is not the last.
        parts ??= new PartSender(await target.beginUpload(options), (error) => source.destroy(error));
        part = (await parts.send(part)) ?? new Part(partBytes);
      }
    }
    const stored = meter.end();
    if (parts === undefined) await target.putWhole(part.bytes, options);
    else await parts.finish(part);
    return stored;
  } catch (error) {
    await parts?.abort();
    throw error;
  }
}

function toPartBytes(maxBytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(maxBytes / MAX_PARTS / PART_STEP) * PART_STEP);
}

/** Keeps one part in flight while the next is filled. */
class PartSender {
  private readonly cancel = new AbortController();
  private underWay: { part: Part; sent: Promise<void> } | undefined;
  private count = 0;

  /** @param onFailure called when a part fails while no caller waits for it */
  constructor(
    private readonly upload: PartUpload,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** Sends a part once the previous one has arrived; returns that buffer for reuse. */
  async send(part: Part): Promise<Part | undefined> {
    const free = this.underWay;
    await free?.sent;
    const sent = this.upload.send(part.bytes, (this.count += 1), this.cancel.signal);
    sent.catch(this.onFailure);
    this.underWay = { part, sent };
    return free?.part.clear();
  }

  async finish(last: Part): Promise<void> {
    await this.underWay?.sent;
    await this.upload.complete(last.bytes, (this.count += 1), this.cancel.signal);
  }

  async abort(): Promise<void> {
    this.cancel.abort();
    // A part that arrives after the abort would stay.
    await this.underWay?.sent.catch(() => undefined);
    await this.upload.abort();
  }
}
