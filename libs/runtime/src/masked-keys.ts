import { SecretCipher } from './secret-cipher';

/**
 * Shown instead of a key; keys of 12 characters or more also show their last four, so that an admin can recognise them.
 */
const MASK = '••••••••';

/** Encrypts keys that an admin enters, for the database, and masks them for display. */
export class MaskedKeys {
  private readonly cipher: SecretCipher;

  /** @param purpose as of a `SecretCipher`: a key encrypted for one purpose cannot be decrypted for another */
  constructor(secretKey: string, purpose: string) {
    this.cipher = new SecretCipher(secretKey, purpose);
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
    const key = this.open(sealed);
    // Whole characters: a database refuses a lone surrogate.
    return key.length >= 12 ? `${MASK}${Array.from(key).slice(-4).join('')}` : MASK;
  }

  isMask(text: string): boolean {
    return text.startsWith(MASK);
  }
}
