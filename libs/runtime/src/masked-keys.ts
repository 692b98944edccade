import { createHmac } from 'node:crypto';
import type { SecretKeys } from './env/variables';
import { SecretCipher, SecretCipherError } from './secret-cipher';

/**
 * Shown instead of a key; keys of 12 characters or more also show their last four, so that an admin can recognise them.
 */
const MASK = '••••••••';
/** After the mask of a key that no secret key in force opens: an admin has to enter it again. */
const UNREADABLE = 'unreadable';

/** Encrypts keys that an admin enters, for the database, and masks them for display. */
export class MaskedKeys {
  private readonly cipher: SecretCipher;

  /** @param purpose as of a `SecretCipher`: a key encrypted for one purpose cannot be decrypted for another */
  constructor(
    private readonly secretKeys: SecretKeys,
    purpose: string,
  ) {
    this.cipher = new SecretCipher(secretKeys, purpose);
  }

  /** `null` for an empty key. */
  seal(key: string): string | null {
    return key === '' ? null : this.cipher.seal(key);
  }

  open(sealed: string | null): string {
    return sealed === null ? '' : this.cipher.open(sealed);
  }

  mask(sealed: string | null): string {
    if (sealed === null) return '';
    const key = this.readable(sealed);
    if (key === undefined) return `${MASK} ${UNREADABLE}`;
    // Whole characters: a database refuses a lone surrogate.
    return key.length >= 12 ? `${MASK}${Array.from(key).slice(-4).join('')}` : MASK;
  }

  private readable(sealed: string): string | undefined {
    try {
      return this.open(sealed);
    } catch (error) {
      if (error instanceof SecretCipherError) return undefined;
      throw error;
    }
  }

  /**
   * States a request that holds keys without them, for comparisons: once for each secret key in force, because a replica with another current
   * one may have stored its hash. Each form reveals nothing about the keys without that secret.
   *
   * @param state the request, with `hide` applied to each key in it
   */
  forms<T>(state: (hide: (key: string) => string) => T): { request: T; otherForms: T[] } {
    const [current, ...accepted] = this.secretKeys;
    const form = (secret: string): T => state((key) => createHmac('sha256', secret).update(key).digest('base64url'));
    return { request: form(current), otherForms: accepted.map(form) };
  }

  isMask(text: string): boolean {
    return text.startsWith(MASK);
  }
}
