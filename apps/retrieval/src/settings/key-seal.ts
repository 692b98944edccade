import { createHmac } from 'node:crypto';
import { MaskedKeys } from '@perennial/runtime';

/** Encrypts the keys of embedding servers for the database, and masks them for display. */
export class KeySeal extends MaskedKeys {
  constructor(private readonly secretKey: string) {
    super(secretKey, 'retrieval.embedding-key');
  }

  /** Stands for a key in comparisons of requests: reveals nothing without the secret. */
  fingerprint(key: string): string {
    return createHmac('sha256', this.secretKey).update(key).digest('base64url');
  }
}
