import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Counts the bytes of several streams, and slows them down so that all together keep to a rate. */
export class Throttle {
  /** When the bytes so far may have passed, by the process's clock. */
  private freeAt = performance.now();

  /** @param bytesPerS undefined: as fast as they come */
  constructor(
    private readonly bytesPerS: number | undefined,
    private readonly onBytes: (bytes: number) => void,
  ) {}

  /** A stream that passes its bytes on unchanged. */
  stream(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.onBytes(chunk.length);
        void this.wait(chunk.length).then(() => done(null, chunk));
      },
    });
  }

  private async wait(bytes: number): Promise<void> {
    if (this.bytesPerS === undefined) return;
    const now = performance.now();
    this.freeAt = Math.max(now, this.freeAt) + (bytes / this.bytesPerS) * 1_000;
    if (this.freeAt - now >= 1) await sleep(this.freeAt - now);
  }
}
