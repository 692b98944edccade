import { CallError } from '@perennial/contracts-kernel';

const MIN_CHARACTERS = 8;
/** How many of the most common passwords are refused. */
const REFUSED = 10_000;

/** Rules for new passwords. Earlier passwords still work at sign-in. */
export class PasswordPolicy {
  private common: Promise<ReadonlySet<string>> | undefined;

  /** @throws CallError `INVALID_ARGUMENT` that says what to do */
  async check(password: string): Promise<void> {
    if ([...password].length < MIN_CHARACTERS) {
      throw new CallError('INVALID_ARGUMENT', `Choose a password of at least ${MIN_CHARACTERS} characters.`, {
        problem: 'password_too_short',
      });
    }
    this.common ??= commonPasswords();
    if ((await this.common).has(password.toLowerCase())) {
      throw new CallError('INVALID_ARGUMENT', 'This password is one of the most common ones. Choose another.', {
        problem: 'password_too_common',
      });
    }
  }
}

/**
 * The most common passwords of sufficient length. Loaded with the first new password: it takes a tenth of a second and some megabytes.
 */
async function commonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  // Ordered by frequency.
  const ranked = dictionary['passwords-common'].map(String);
  return new Set(ranked.filter((password) => [...password].length >= MIN_CHARACTERS).slice(0, REFUSED));
}
