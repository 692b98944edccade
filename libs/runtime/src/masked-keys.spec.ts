import { describe, expect, it } from 'vitest';
import { MaskedKeys } from './masked-keys';

describe('the mask of a key', () => {
  const keys = new MaskedKeys('a secret of the installation, long enough', 'connection-key');
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
