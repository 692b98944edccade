import { SessionClaimsSchema } from '@perennial/contracts-auth';
import { createVerifier } from 'fast-jwt';
import { describe, expect, it } from 'vitest';
import { TokenIssuer } from './token-issuer';

const key = 'a secret of more than sixteen characters';
const stamp = () => ({ userId: '4d8f6a52-7b3b-4c3c-9a53-3f4a5f5f7a11', jti: 'j1', issuedAt: Date.now() });

describe('TokenIssuer', () => {
  it('signs what fast-jwt verifies, with milliseconds in iat', () => {
    const made = { ...stamp(), issuedAt: Math.floor(Date.now() / 1000) * 1000 + 123 };
    const { token, expiresAt } = new TokenIssuer(key, 60).issue(made);
    const claims = SessionClaimsSchema.parse(createVerifier({ key, algorithms: ['HS256'] })(token));
    expect(claims).toEqual({ id: made.userId, jti: 'j1', iat: made.issuedAt / 1000, exp: expiresAt });
    expect(Math.round(claims.iat * 1000)).toBe(made.issuedAt);
  });

  it('makes the same token of the same stamp', () => {
    const made = stamp();
    expect(new TokenIssuer(key, 60).issue(made)).toEqual(new TokenIssuer(key, 60).issue(made));
  });

  it('leaves exp out when sessions never expire', () => {
    const { token, expiresAt } = new TokenIssuer(key, null).issue(stamp());
    expect(expiresAt).toBeNull();
    expect(createVerifier({ key })(token)).not.toHaveProperty('exp');
  });

  it('is refused under another key, and when it has expired', () => {
    const { token } = new TokenIssuer(key, 60).issue(stamp());
    expect(() => createVerifier({ key: 'another secret of enough length' })(token)).toThrow(/signature/i);
    const old = new TokenIssuer(key, 1).issue({ ...stamp(), issuedAt: Date.now() - 5_000 });
    expect(() => createVerifier({ key })(old.token)).toThrow(/expired/i);
  });
});
