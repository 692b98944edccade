import { describe, expect, it } from 'vitest';
import { Revocations } from './revocations';

const NOW = 1_800_000_000;
const claims = (jti: string, id: string, iat = NOW) => ({ jti, id, iat });
const revocation = (fields: object) => ({
  sequence: 1,
  kind: 'session' as const,
  subject: 's',
  userId: 'u',
  notBefore: 0,
  ...fields,
});

describe('revocations in memory', () => {
  it('a token that was signed out, and no other of the user', () => {
    const revocations = new Revocations();
    revocations.add(revocation({ subject: 'one' }));
    expect(revocations.covers(claims('one', 'u'))).toBe(true);
    expect(revocations.covers(claims('two', 'u'))).toBe(false);
  });

  it('every token of a user from before a moment; an older revocation takes nothing back', () => {
    const revocations = new Revocations();
    revocations.add(revocation({ kind: 'user', notBefore: NOW * 1_000 }));
    revocations.add(revocation({ kind: 'user', notBefore: NOW * 1_000 - 5_000 }));
    expect(revocations.covers(claims('a', 'u', NOW - 0.001))).toBe(true);
    expect(revocations.covers(claims('a', 'u', NOW))).toBe(false);
    expect(revocations.covers(claims('a', 'other', NOW - 10))).toBe(false);
  });

  it('are forgotten when all their tokens have expired, and those without an end never', () => {
    const revocations = new Revocations();
    revocations.add(revocation({ subject: 'short', expiresAt: NOW + 10 }));
    revocations.add(revocation({ subject: 'for ever', expiresAt: null }));
    revocations.add(revocation({ kind: 'user', notBefore: NOW * 1_000, expiresAt: NOW + 20 }));
    revocations.forgetExpired((NOW + 9) * 1_000);
    expect(revocations.size).toBe(3);
    revocations.forgetExpired((NOW + 11) * 1_000);
    expect(revocations.covers(claims('short', 'x'))).toBe(false);
    expect(revocations.covers(claims('a', 'u', NOW - 1))).toBe(true);
    revocations.forgetExpired((NOW + 1e9) * 1_000);
    expect(revocations.size).toBe(1);
    expect(revocations.covers(claims('for ever', 'x'))).toBe(true);
  });
});
