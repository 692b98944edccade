import { BlobTooLargeError } from '@perennial/blob-store';
import { CallError } from '@perennial/contracts-kernel';
import { expect, it } from 'vitest';
import { duplicateContent } from '../files/placements.repository';
import { WebError } from '../web/web-error';
import { isOfContent, toOutcome } from './sync-failure';

it.each<[string, Error, boolean]>([
  ['is kept elsewhere', new WebError('unsupported', 'LFS'), true],
  ['is too large', new WebError('too-large', 'large'), true],
  ['has grown', new BlobTooLargeError(1), true],
  ['is too large for the settings', new CallError('PAYLOAD_TOO_LARGE', 'large'), true],
  ['is there', duplicateContent(), true],
  // An administrator may allow it.
  ['is of a kind that is not allowed', new CallError('INVALID_ARGUMENT', 'kind'), false],
  ['may not be read', new WebError('refused', 'address'), false],
])('a document that %s is left out, and its version known if that would be so again', (_, error, expected) => {
  expect(['skipped', 'duplicate']).toContain(toOutcome(error)?.state);
  expect(isOfContent(error)).toBe(expected);
});
