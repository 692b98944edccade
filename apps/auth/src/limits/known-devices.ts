import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { SecretKeys } from '@perennial/runtime';

/** Accounts that one browser is remembered for; a further sign-in drops the oldest. */
const ACCOUNTS_PER_BROWSER = 4;

/**
 * Proof of earlier sign-ins in this browser, so that an attacker who guesses cannot lock out the owner's browsers. A list of
 * `<device>.<signature over account and device>`, the newest first; nothing is stored. It authorizes nothing: it only chooses the counter of
 * failed attempts.
 */
export class KnownDevices {
  /** The first signs. */
  private readonly keys: readonly Buffer[];

  constructor(secretKeys: SecretKeys) {
    this.keys = secretKeys.map((key) => Buffer.from(hkdfSync('sha256', key, 'perennial.known-devices', 'v1', 32)));
  }

  /** The device of an earlier sign-in to this account; undefined without proof. */
  recognise(proofs: string | undefined, account: string): string | undefined {
    return this.split(proofs)
      .find((proof) => this.isOf(proof, account))
      ?.split('.', 1)[0];
  }

  /**
   * The proofs of a browser after a sign-in.
   *
   * @param proofs the earlier ones
   * @param session id of the new session; names the device unless the account knows it already
   */
  remember(proofs: string | undefined, account: string, session: string): string {
    const known = this.split(proofs).filter((proof) => !this.isOf(proof, account));
    const device = this.recognise(proofs, account) ?? session;
    return [`${device}.${this.signatures(account, device)[0]}`, ...known].slice(0, ACCOUNTS_PER_BROWSER).join('~');
  }

  private split(proofs: string | undefined): string[] {
    return proofs?.split('~').slice(0, ACCOUNTS_PER_BROWSER) ?? [];
  }

  private isOf(proof: string, account: string): boolean {
    const [device = '', signature = ''] = proof.split('.');
    const given = Buffer.from(signature);
    return this.signatures(account, device).some((one) => {
      const expected = Buffer.from(one);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }

  /** One under each key in force, the current one first. */
  private signatures(account: string, device: string): string[] {
    const signed = `${createHash('sha256').update(account).digest('base64url')}.${device}`;
    return this.keys.map((key) => createHmac('sha256', key).update(signed).digest('base64url'));
  }
}
