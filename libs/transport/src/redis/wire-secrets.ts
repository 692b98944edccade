import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { SecretCipher } from '@perennial/runtime';

/** 128 bits of the HMAC, in base64url. */
const CODE_LENGTH = 22;
const KEY_ID_LENGTH = 6;

/** Result of a verification. `other-key`: signed with another SECRET_KEY. */
export type Verdict = 'good' | 'other-key' | 'forged';

/**
 * Encrypts and signs what processes write to Redis, with keys derived from SECRET_KEY: an attacker who can write to Redis cannot forge calls,
 * and one who can read it, or its append-only file, does not learn the secrets.
 */
export class WireSecrets {
  private readonly keyId: string;
  private readonly signingKey: Buffer;
  private readonly cipher: SecretCipher;

  constructor(secretKey: string) {
    this.signingKey = Buffer.from(hkdfSync('sha256', secretKey, 'perennial.transport', 'sign', 32));
    this.keyId = createHash('sha256').update(this.signingKey).digest('base64url').slice(0, KEY_ID_LENGTH);
    this.cipher = new SecretCipher(secretKey, 'transport');
  }

  /** `context` names the kind of text and its recipient, so that a signature cannot be reused elsewhere. */
  sign(context: string, text: string): string {
    return `${this.keyId}.${this.code(context, text)}`;
  }

  verify(context: string, text: string, signature: string): Verdict {
    if (!signature.startsWith(`${this.keyId}.`)) return 'other-key';
    const expected = Buffer.from(this.code(context, text));
    const given = Buffer.from(signature.slice(KEY_ID_LENGTH + 1));
    return expected.length === given.length && timingSafeEqual(expected, given) ? 'good' : 'forged';
  }

  seal(context: string, text: string): string {
    return this.cipher.seal(`${context}\n${text}`);
  }

  /** The text, or undefined when it was not encrypted with this key and context. */
  open(context: string, sealed: string): string | undefined {
    try {
      const text = this.cipher.open(sealed);
      return text.startsWith(`${context}\n`) ? text.slice(context.length + 1) : undefined;
    } catch {
      return undefined;
    }
  }

  private code(context: string, text: string): string {
    return createHmac('sha256', this.signingKey)
      .update(`${context}\n${text}`)
      .digest('base64url')
      .slice(0, CODE_LENGTH);
  }
}
