import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { BlobIntegrityError } from '../errors';
import { Part } from '../part';
import type { Meter } from '../streams';
import type { StoredBlob } from '../types';
import { FRAME_BYTES, SEALED_BYTES, TAG_BYTES, toFrames, toNonce } from './format';

/** Encrypts a blob: the header, then its bytes in frames. */
export class Sealer extends Transform {
  /** The bytes before they were encrypted; set when all were. */
  stored: StoredBlob | undefined;
  private readonly frame = new Part(FRAME_BYTES);
  private number = 0;

  /** @param meter counts the bytes before they are encrypted; what it refuses is never complete */
  constructor(
    header: Buffer,
    private readonly dataKey: Buffer,
    private readonly meter: Meter,
  ) {
    super();
    this.push(header);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.meter.add(chunk);
      for (let rest: Uint8Array = chunk; rest.length > 0; rest = this.frame.take(rest))
        // Only now is it certain that this frame is not the last.
        if (this.frame.full) this.seal(false);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.stored = this.meter.end();
      this.seal(true);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  private seal(last: boolean): void {
    const cipher = createCipheriv('aes-256-gcm', this.dataKey, toNonce(this.number, last));
    this.push(cipher.update(this.frame.bytes));
    cipher.final();
    this.push(cipher.getAuthTag());
    this.number += 1;
    this.frame.clear();
  }
}

/** Which bytes of a blob are read. */
export interface OpenedRange {
  /** Bytes of the whole blob. */
  size: number;
  /** Offsets in the blob, `end` exclusive. */
  start: number;
  end: number;
}

/** The first and the last frame of a range. */
export function framesOf({ start, end }: Pick<OpenedRange, 'start' | 'end'>): { first: number; last: number } {
  return { first: Math.floor(start / FRAME_BYTES), last: Math.max(0, Math.ceil(end / FRAME_BYTES) - 1) };
}

/**
 * Decrypts frames, from the one in which the range begins to the one in which it ends. It fails with a BlobIntegrityError at a frame that is
 * damaged, missing, out of its place, or last without being the end.
 */
export class Opener extends Transform {
  private readonly frame = new Part(SEALED_BYTES);
  private readonly last: number;
  private number: number;

  constructor(
    private readonly dataKey: Buffer,
    private readonly range: OpenedRange,
  ) {
    super();
    const { first, last } = framesOf(range);
    this.number = first;
    this.last = last;
    // An unread stream must not end the process when the store fails; a later reader still gets the error.
    this.on('error', () => undefined);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (let rest: Uint8Array = chunk; rest.length > 0;) {
        rest = this.frame.take(rest);
        if (this.frame.full) this.open();
      }
      done();
    } catch {
      done(damaged());
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      if (this.number <= this.last) this.open();
      done(this.number <= this.last || this.frame.bytes.length > 0 ? damaged() : null);
    } catch {
      done(damaged());
    }
  }

  /** Nothing of a frame is passed on before its tag was checked. */
  private open(): void {
    const { bytes } = this.frame;
    const end = Math.max(0, bytes.length - TAG_BYTES);
    const isLast = this.number === toFrames(this.range.size) - 1;
    const nonce = toNonce(this.number, isLast);
    const decipher = createDecipheriv('aes-256-gcm', this.dataKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(end));
    const opened = decipher.update(bytes.subarray(0, end));
    decipher.final();
    const offset = this.number * FRAME_BYTES;
    this.push(opened.subarray(Math.max(0, this.range.start - offset), Math.max(0, this.range.end - offset)));
    this.number += 1;
    this.frame.clear();
  }
}

const damaged = (): Error => new BlobIntegrityError('The encrypted blob is damaged or cut off');
