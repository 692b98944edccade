import { MaskedKeys, type SecretKeys } from '@perennial/runtime';

/** What keys of embedding servers are encrypted for. */
export const EMBEDDING_KEY = 'retrieval.embedding-key';

/** Encrypts the keys of embedding servers for the database, and masks them for display. */
export class KeySeal extends MaskedKeys {
  constructor(secretKeys: SecretKeys) {
    super(secretKeys, EMBEDDING_KEY);
  }
}
