import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { SecretKeys } from './env/variables';

const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A value could not be decrypted: encrypted with a SECRET_KEY that is not in force or for another purpose, damaged, or of an unknown version. */
export class SecretCipherError extends Error {
  override readonly name = 'SecretCipherError';
}

/**
 * Encrypts short secrets (provider keys) for storage: AES-256-GCM with a key that HKDF derives from SECRET_KEY and a purpose, so a value
 * encrypted for one purpose cannot be decrypted for another. It encrypts with the current key, and decrypts with each key in force. Format:
 * `v1.<base64url of iv, tag, ciphertext>`.
 */
export class SecretCipher {
  private readonly keys: readonly [Buffer, ...Buffer[]];
  private readonly context: Buffer;

  /** @param purpose a constant label such as `config.connection-key`; changing it makes old values unreadable */
  constructor([current, ...accepted]: SecretKeys, purpose: string) {
    const derive = (key: string): Buffer => Buffer.from(hkdfSync('sha256', key, 'perennial.secret-box', purpose, 32));
    this.keys = [derive(current), ...accepted.map(derive)];
    this.context = Buffer.from(`${VERSION}.${purpose}`);
  }

  /** Encrypts; two results for the same text differ. */
  seal(plain: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.keys[0], iv, { authTagLength: TAG_BYTES }).setAAD(this.context);
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `${VERSION}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
  }

  /** @throws SecretCipherError */
  open(sealed: string): string {
    return this.decrypt(sealed).plain;
  }

  /**
   * Encrypts a value again that is not under the current key.
   *
   * @returns undefined when it is under the current key already
   * @throws SecretCipherError
   */
  reseal(sealed: string): string | undefined {
    const { plain, isCurrent } = this.decrypt(sealed);
    return isCurrent ? undefined : this.seal(plain);
  }

  private decrypt(sealed: string): { plain: string; isCurrent: boolean } {
    const [version, payload, ...rest] = sealed.split('.');
    if (version !== VERSION || payload === undefined || rest.length > 0)
      throw new SecretCipherError('the sealed value has an unknown format');
    const bytes = Buffer.from(payload, 'base64url');
    if (bytes.length < IV_BYTES + TAG_BYTES) throw new SecretCipherError('the sealed value is cut off');
    for (const key of this.keys) {
      const plain = this.decryptWith(key, bytes);
      if (plain !== undefined) return { plain, isCurrent: key === this.keys[0] };
    }
    throw new SecretCipherError(
      'the sealed value cannot be opened: it was sealed under another SECRET_KEY, or is damaged',
    );
  }

  private decryptWith(key: Buffer, bytes: Buffer): string | undefined {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(this.context).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
