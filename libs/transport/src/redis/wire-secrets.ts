import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { SecretCipher, type SecretKeys } from '@perennial/runtime';

/** 128 bits of the HMAC, in base64url. */
const CODE_LENGTH = 22;
const KEY_ID_LENGTH = 6;

/** Result of a verification. `other-key`: signed with a key that is not in force. */
export type Verdict = 'good' | 'other-key' | 'forged';

/**
 * Encrypts and signs what processes write to Redis, with keys derived from SECRET_KEY: an attacker who can write to Redis cannot forge calls,
 * and one who can read it, or its append-only file, does not learn the secrets.
 */
export class WireSecrets {
  private readonly current: SigningKey;
  private readonly signingKeys: readonly SigningKey[];
  private readonly cipher: SecretCipher;

  constructor(secretKeys: SecretKeys) {
    const [current, ...accepted] = secretKeys;
    this.current = toSigningKey(current);
    this.signingKeys = [this.current, ...accepted.map(toSigningKey)];
    this.cipher = new SecretCipher(secretKeys, 'transport');
  }

  /** `context` names the kind of text and its recipient, so that a signature cannot be reused elsewhere. */
  sign(context: string, text: string): string {
    return `${this.current.id}.${codeOf(this.current, context, text)}`;
  }

  verify(context: string, text: string, signature: string): Verdict {
    const key = this.signingKeys.find(({ id }) => signature.startsWith(`${id}.`));
    if (key === undefined) return 'other-key';
    const expected = Buffer.from(codeOf(key, context, text));
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
}

interface SigningKey {
  id: string;
  bytes: Buffer;
}

function toSigningKey(secretKey: string): SigningKey {
  const bytes = Buffer.from(hkdfSync('sha256', secretKey, 'perennial.transport', 'sign', 32));
  return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, KEY_ID_LENGTH), bytes };
}

function codeOf({ bytes }: SigningKey, context: string, text: string): string {
  return createHmac('sha256', bytes).update(`${context}\n${text}`).digest('base64url').slice(0, CODE_LENGTH);
}
