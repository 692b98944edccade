import { describe, expect, it } from 'vitest';
import { MaskedKeys } from './masked-keys';

describe('the mask of a key', () => {
  const keys = new MaskedKeys(['a secret of the installation, long enough'], 'connection-key');
  const masked = (key: string) => keys.mask(keys.seal(key));

  it.each([
    ['', ''],
    ['short', '••••••••'],
    ['sk-0123456789abcd', '••••••••abcd'],
    ['sk-0123456789😀abc', '••••••••😀abc'],
    ['😀😀😀😀😀😀😀', '••••••••😀😀😀😀'],
  ])('of "%s" is "%s", which a database can store', (key, mask) => {
    expect(masked(key)).toBe(mask);
    expect(Buffer.from(masked(key)).toString()).toBe(mask);
  });
});

it('the mask of a key under another secret says so, and hides nothing else', () => {
  const sealed = new MaskedKeys(['the former secret'], 'connection-key').seal('sk-0123456789abcd');
  const keys = new MaskedKeys(['the present secret'], 'connection-key');
  expect(keys.mask(sealed)).toBe('•••••••• unreadable');
  expect(keys.isMask(keys.mask(sealed))).toBe(true);
  expect(() => keys.open(sealed)).toThrow();
});

describe('a request that holds keys', () => {
  const stated = (...secrets: [string, ...string[]]) =>
    new MaskedKeys(secrets, 'connection-key').forms((hide) => ({ url: 'http://a', key: hide('sk-1') }));

  it('is recognised by a replica whose current key is the other one in force, and never shows a key', () => {
    const [old, next] = [stated('old secret', 'next secret'), stated('next secret', 'old secret')];
    expect(next.otherForms).toEqual([old.request]);
    expect(old.otherForms).toEqual([next.request]);
    expect(next.request).not.toEqual(old.request);
    expect(stated('old secret')).toEqual({ request: old.request, otherForms: [] });
    expect(JSON.stringify([old, next])).not.toContain('sk-1');
  });
});
