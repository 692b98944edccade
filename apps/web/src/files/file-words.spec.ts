import { describe, expect, it } from 'vitest';
import { progressShare, progressWords, sizeWords, uploadWords } from './file-words';
import type { Upload } from './upload-list';

describe('words about files', () => {
  it('show sizes in readable units', () => {
    const sizes = [0, 1, 640, 999, 1000, 1450, 12_345, 999_600, 5_000_000, 1_073_741_824].map(sizeWords);
    expect(sizes).toEqual([
      '0 bytes',
      '1 byte',
      '640 bytes',
      '999 bytes',
      '1 kB',
      '1.5 kB',
      '12 kB',
      '1 MB',
      '5 MB',
      '1.1 GB',
    ]);
  });

  it('name the step of an ingestion, also an unknown one', () => {
    expect(progressWords(undefined)).toBe('Waiting to be read…');
    expect(progressWords({ status: 'processing', step: 'extract' })).toBe('Reading the text…');
    expect(progressWords({ status: 'processing', step: 'polish' })).toBe('Reading…');
  });

  it('have a share only if there is a total', () => {
    expect(progressShare({ status: 'processing', done: 3, total: 12 })).toBe(0.25);
    expect(progressShare({ status: 'processing', done: 0, total: 0 })).toBeUndefined();
  });

  it('show the bytes sent, and "being stored" once all are sent', () => {
    const upload: Upload = { key: 'a', name: 'a', size: 2_000_000, state: 'uploading', sent: 500_000 };
    expect(uploadWords(upload)).toBe('500 kB of 2 MB sent');
    expect(uploadWords({ ...upload, sent: 2_000_000 })).toBe('Being stored…');
    expect(uploadWords({ ...upload, state: 'failed', error: 'No.' })).toBe('No.');
  });
});
