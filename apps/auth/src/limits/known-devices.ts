import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Accounts that one browser is remembered for; a further sign-in drops the oldest. */
const ACCOUNTS_PER_BROWSER = 4;

/**
 * Proof of earlier sign-ins in this browser, so that an attacker who guesses cannot lock out the owner's browsers. A list of
 * `<device>.<signature over account and device>`, the newest first; nothing is stored. It authorizes nothing: it only chooses the counter of
 * failed attempts.
 */
export class KnownDevices {
  private readonly key: Buffer;

  constructor(secretKey: string) {
    this.key = Buffer.from(hkdfSync('sha256', secretKey, 'perennial.known-devices', 'v1', 32));
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
    return [`${device}.${this.sign(account, device)}`, ...known].slice(0, ACCOUNTS_PER_BROWSER).join('~');
  }

  private split(proofs: string | undefined): string[] {
    return proofs?.split('~').slice(0, ACCOUNTS_PER_BROWSER) ?? [];
  }

  private isOf(proof: string, account: string): boolean {
    const [device = '', signature = ''] = proof.split('.');
    const expected = Buffer.from(this.sign(account, device));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private sign(account: string, device: string): string {
    return createHmac('sha256', this.key)
      .update(`${createHash('sha256').update(account).digest('base64url')}.${device}`)
      .digest('base64url');
  }
}
