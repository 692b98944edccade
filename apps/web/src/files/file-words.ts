import type { FileProgress } from '@perennial/contracts-wire';
import { t } from '../messages';
import { numberText } from '../messages/formats';
import type { Upload } from './upload-list';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** A readable number of bytes: `1 byte`, `640 bytes`, `1.4 MB`. */
export function sizeWords(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  if (unit === 0) return t('file.bytes', { count: bytes });
  return numberText(size, { style: 'unit', unit: UNITS[unit], maximumFractionDigits: size < 10 ? 1 : 0 });
}

const STEPS = ['extract', 'split', 'embed', 'index'] as const;

/** The progress of a file's ingestion, in words. */
export function progressWords(progress: FileProgress | undefined): string {
  if (!progress || progress.status === 'pending') return t('file.waitsToBeRead');
  const step = STEPS.find((known) => known === progress.step);
  return step ? t(`file.step.${step}`) : t('file.reading');
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
      return t('file.waitsToBeSent');
    case 'uploading':
      return upload.sent < upload.size
        ? t('file.ofSent', { sent: sizeWords(upload.sent), size: sizeWords(upload.size) })
        : t('file.storing');
    case 'reading':
      return progressWords(upload.progress);
    case 'ready':
      return sizeWords(upload.size);
    case 'failed':
      return upload.error ?? t('error.fileUnreadable');
  }
}

/** 0 to 1; undefined if unknown. */
export function uploadShare(upload: Upload): number | undefined {
  if (upload.state === 'uploading') return upload.size > 0 ? upload.sent / upload.size : undefined;
  return upload.state === 'reading' ? progressShare(upload.progress) : undefined;
}
