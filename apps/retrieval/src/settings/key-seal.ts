import { createHmac } from 'node:crypto';
import { MaskedKeys } from '@perennial/runtime';

/** Seals the keys of embedding servers for the database, and masks them for people. */
export class KeySeal extends MaskedKeys {
  constructor(private readonly secretKey: string) {
    super(secretKey, 'retrieval.embedding-key');
  }

  /** Stands for a key where requests are compared: tells nothing about it to whoever lacks the secret. */
  fingerprint(key: string): string {
    return createHmac('sha256', this.secretKey).update(key).digest('base64url');
  }
}
