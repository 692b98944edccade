import { directoryBytes } from './run';

export interface FetchProgress {
  /** The present step, for users. */
  label: string;
  doneBytes: number;
  totalBytes: number;
}

export interface FetchOptions {
  /**
   * The directory for everything; created if missing. Nothing outside it is written, except the caches of pip and npm.
   */
  dir: string;
  onProgress?: (progress: FetchProgress) => void;
  signal?: AbortSignal;
}

/** It is not available on this machine. `message` tells the user why, and what would help. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

const LOOK_EVERY_MS = 250;

/** Reports a directory's growth while something fills it: as `total` at most, and as `total` when it is done. */
export async function watching(
  directory: string,
  { label, total, onProgress = () => undefined }: { label: string; total: number } & Pick<FetchOptions, 'onProgress'>,
  work: () => Promise<void>,
): Promise<void> {
  const report = (bytes: number): void => onProgress({ label, doneBytes: Math.min(bytes, total), totalBytes: total });
  let busy = false;
  let over = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void directoryBytes(directory).then((bytes) => {
      busy = false;
      if (!over) report(bytes);
    });
  }, LOOK_EVERY_MS);
  try {
    report(0);
    await work();
  } finally {
    over = true;
    clearInterval(timer);
  }
  report(total);
}
