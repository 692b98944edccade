import { describe, expect, it } from 'vitest';
import { originalAddress } from './original-address';

describe('originalAddress', () => {
  it('links to the page if there is one', () => {
    expect(originalAddress('a', 4)).toBe('/api/v1/files/a/content#page=4');
    expect(originalAddress('a')).toBe('/api/v1/files/a/content');
  });
});
