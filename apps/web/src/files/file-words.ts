import type { FileProgress } from '@perennial/contracts-wire';
import type { Upload } from './upload-list';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A readable number of bytes: `1 byte`, `640 bytes`, `1.4 MB`. */
export function sizeWords(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${size < 10 ? size.toFixed(1).replace(/\.0$/, '') : Math.round(size)} ${UNITS[unit]}`;
}

/** `1 file`, `2 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const STEPS: Record<string, string> = {
  extract: 'Reading the text…',
  split: 'Splitting the text…',
  embed: 'Learning what it says…',
  index: 'Making it searchable…',
};

/** The progress of a file's ingestion, in words. */
export function progressWords(progress: FileProgress | undefined): string {
  if (!progress || progress.status === 'pending') return 'Waiting to be read…';
  return STEPS[progress.step ?? ''] ?? 'Reading…';
}

/** Share of the present step that is done, 0 to 1; undefined if unknown. */
export function progressShare(progress: FileProgress | undefined): number | undefined {
  const { done, total } = progress ?? {};
  return total ? Math.min(1, (done ?? 0) / total) : undefined;
}

/** The progress of an upload and its ingestion, in words. */
export function uploadWords(upload: Upload): string {
  switch (upload.state) {
    case 'waiting':
      return 'Waiting to be sent…';
    case 'uploading':
      return upload.sent < upload.size
        ? `${sizeWords(upload.sent)} of ${sizeWords(upload.size)} sent`
        : 'Being stored…';
    case 'reading':
      return progressWords(upload.progress);
    case 'ready':
      return sizeWords(upload.size);
    case 'failed':
      return upload.error ?? 'The file could not be read.';
  }
}

/** 0 to 1; undefined if unknown. */
export function uploadShare(upload: Upload): number | undefined {
  if (upload.state === 'uploading') return upload.size > 0 ? upload.sent / upload.size : undefined;
  return upload.state === 'reading' ? progressShare(upload.progress) : undefined;
}
