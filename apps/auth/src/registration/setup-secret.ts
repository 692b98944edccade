import { hkdfSync, timingSafeEqual } from 'node:crypto';
import type { SecretKeys } from '@perennial/runtime';

const BYTES = 15;
/** Crockford's base 32: no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Proves that whoever creates the first account from another machine can read the log of this installation. It is derived from `SECRET_KEY`,
 * so all replicas log the same one and nothing is stored; it stops working once there is an account.
 */
export class SetupSecret {
  /** Six groups of four letters and digits. */
  readonly value: string;

  /** Those of replicas whose current key is another one in force. */
  private readonly others: readonly string[];

  constructor([current, ...accepted]: SecretKeys) {
    this.value = toSetupSecret(current);
    this.others = accepted.map(toSetupSecret);
  }

  /** Ignores surrounding blanks, dashes and letter case. */
  matches(given: string | undefined): boolean {
    const plain = (text: string): Buffer => Buffer.from(text.replace(/[\s-]/g, '').toUpperCase());
    const entered = plain(given ?? '');
    return [this.value, ...this.others].some((one) => {
      const expected = plain(one);
      return entered.length === expected.length && timingSafeEqual(entered, expected);
    });
  }
}

function toSetupSecret(secretKey: string): string {
  const bytes = Buffer.from(hkdfSync('sha256', secretKey, 'perennial.setup-secret', 'v1', BYTES));
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{5}/g)?.map((five) => ALPHABET[Number.parseInt(five, 2)]) ?? [];
  return letters.join('').match(/.{4}/g)?.join('-') ?? '';
}
