import { Transform } from 'node:stream';
import { Pace } from '@perennial/runtime';

/** Counts the bytes of several streams, and slows them down so that all together keep to a rate. */
export class Throttle {
  private readonly pace: Pace | undefined;

  /** @param bytesPerS undefined: as fast as they come */
  constructor(
    bytesPerS: number | undefined,
    private readonly onBytes: (bytes: number) => void,
    /** Ends all of them. */
    private readonly signal?: AbortSignal,
  ) {
    this.pace = bytesPerS === undefined ? undefined : new Pace(bytesPerS);
  }

  /** A stream that passes its bytes on unchanged. */
  stream(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.onBytes(chunk.length);
        void Promise.resolve(this.pace?.take(chunk.length)).then(() =>
          this.signal?.aborted ? done(this.signal.reason as Error) : done(null, chunk),
        );
      },
    });
  }
}
