import { describe, expect, it } from 'vitest';
import { PasswordPolicy } from './password-policy';

describe('a new password', () => {
  const policy = new PasswordPolicy();

  it.each(['password', 'PASSWORD', '12345678', 'qwertyuiop', 'iloveyou1', '1qaz2wsx', 'trustno1', 'letmein1'])(
    '%s is refused as one of the most common',
    (password) => expect(policy.check(password)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' }),
  );

  it.each(['', 'x', '7 chars', '🔑🔑🔑🔑🔑🔑🔑'])('%j is refused as too short', (password) =>
    expect(policy.check(password)).rejects.toThrow('at least 8 characters'),
  );

  it.each(['Passw0rd!x', 'correct horse battery staple', '鍵鍵鍵鍵鍵鍵鍵鍵'])('%s is accepted', (password) =>
    expect(policy.check(password)).resolves.toBeUndefined(),
  );
});
