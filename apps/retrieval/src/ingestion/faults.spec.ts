import { BlobKeyError, BlobStoreDeniedError } from '@perennial/blob-store';
import { expect, it } from 'vitest';
import { ExtractionError } from '../extraction/extraction';
import { toIngestionFault } from './faults';

it('a key that is missing holds up its own file only, and a store that refuses us all of them', () => {
  expect(toIngestionFault(new BlobKeyError('key "old" is missing'))).toMatchObject({ kind: 'wait', allFiles: false });
  expect(toIngestionFault(new BlobStoreDeniedError('no permission'))).toMatchObject({ kind: 'wait', allFiles: true });
});

it('a server that reads documents uses up no attempts of theirs while it is away', () => {
  const away = toIngestionFault(new ExtractionError('engine-away', 'Tika cannot be reached.'));
  expect(away).toMatchObject({ kind: 'wait', allFiles: false, reason: { message: 'Tika cannot be reached.' } });
  // It may have broken off because of this document.
  expect(toIngestionFault(new ExtractionError('source', 'Tika broke off.'))).toMatchObject({ kind: 'broke' });
});
