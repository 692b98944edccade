import { BlobKeyError, BlobStoreDeniedError } from '@perennial/blob-store';
import { expect, it } from 'vitest';
import { toIngestionFault } from './faults';

it('a key that is missing holds up its own file only, and a store that refuses us all of them', () => {
  expect(toIngestionFault(new BlobKeyError('key "old" is missing'))).toMatchObject({ kind: 'wait', allFiles: false });
  expect(toIngestionFault(new BlobStoreDeniedError('no permission'))).toMatchObject({ kind: 'wait', allFiles: true });
});
