import { describe, expect, it } from 'vitest';
import { SecretCipher, SecretCipherError } from './secret-cipher';

const key = '0b9cfe0f3c1d4f5a8e6b7c8d';
const cipher = new SecretCipher([key], 'config.connection-key');

describe('SecretCipher', () => {
  it.each(['sk-123', '', 'schlüssel 🔑', 'x'.repeat(10_000)])('decrypts what it encrypted', (plain) => {
    const sealed = cipher.seal(plain);
    expect(sealed).toMatch(/^v1\.[\w-]+$/);
    expect(new SecretCipher([key], 'config.connection-key').open(sealed)).toBe(plain);
  });

  it('encrypts the same text differently each time, without any part of it in clear', () => {
    expect(cipher.seal('sk-123')).not.toBe(cipher.seal('sk-123'));
    expect(Buffer.from(cipher.seal('sk-123').slice(3), 'base64url').toString('latin1')).not.toContain('sk-123');
  });

  it('does not decrypt with another key or purpose', () => {
    const sealed = cipher.seal('sk-123');
    expect(() => new SecretCipher([`${key}0`], 'config.connection-key').open(sealed)).toThrow(SecretCipherError);
    expect(() => new SecretCipher([key], 'config.webhook').open(sealed)).toThrow(/another SECRET_KEY/);
  });

  it('does not decrypt changed, truncated or foreign values', () => {
    const sealed = cipher.seal('sk-123');
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (const at of [0, 12, 28, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => cipher.open(`v1.${changed.toString('base64url')}`)).toThrow(SecretCipherError);
    }
    for (const odd of ['', 'sk-123', 'v1.', 'v1.AAAA', `v2.${sealed.slice(3)}`, `${sealed}.x`]) {
      expect(() => cipher.open(odd)).toThrow(SecretCipherError);
    }
  });

  it('decrypts with each key in force, and encrypts again what is not under the current one', () => {
    const [before, after] = [new SecretCipher([key], 'p'), new SecretCipher(['the next key', key], 'p')];
    const sealed = before.seal('sk-123');
    expect(after.open(sealed)).toBe('sk-123');
    const resealed = after.reseal(sealed)!;
    expect(new SecretCipher(['the next key'], 'p').open(resealed)).toBe('sk-123');
    expect(after.reseal(resealed)).toBeUndefined();
    expect(() => before.open(after.seal('sk-123'))).toThrow(SecretCipherError);
    // A replica that has the next key as its second one reads what the others write already.
    expect(new SecretCipher([key, 'the next key'], 'p').open(after.seal('sk-123'))).toBe('sk-123');
  });
});
