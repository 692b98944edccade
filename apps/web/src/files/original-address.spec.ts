import { describe, expect, it } from 'vitest';
import { originalAddress } from './original-address';

describe('originalAddress', () => {
  it('links to the page or the time if there is one', () => {
    expect(originalAddress('a', { page: 4 })).toBe('/api/v1/files/a/content#page=4');
    expect(originalAddress('a', { startSeconds: 185 })).toBe('/api/v1/files/a/content#t=185');
    expect(originalAddress('a')).toBe('/api/v1/files/a/content');
  });
});
