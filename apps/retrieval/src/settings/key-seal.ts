import { createHmac } from 'node:crypto';
import { SecretBox } from '@perennial/runtime';

/** Shown in place of a key; keys of 12 characters or more also show their last four, so that an admin can tell them apart. */
const MASK = '••••••••';

/** Seals the keys of embedding servers for the database, and masks them for people. */
export class KeySeal {
  readonly #box: SecretBox;

  constructor(private readonly secretKey: string) {
    this.#box = new SecretBox(secretKey, 'retrieval.embedding-key');
  }

  /** `null` for an empty key: nothing to hide. */
  seal(key: string): string | null {
    return key === '' ? null : this.#box.seal(key);
  }

  open(sealed: string | null): string {
    return sealed === null ? '' : this.#box.open(sealed);
  }

  mask(sealed: string | null): string {
    if (sealed === null) return '';
    const key = this.open(sealed);
    return key.length >= 12 ? `${MASK}${key.slice(-4)}` : MASK;
  }

  isMask(text: string): boolean {
    return text.startsWith(MASK);
  }

  /** Stands for a key where requests are compared: tells nothing about it to whoever lacks the secret. */
  fingerprint(key: string): string {
    return createHmac('sha256', this.secretKey).update(key).digest('base64url');
  }
}
