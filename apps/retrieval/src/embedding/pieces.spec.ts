import { describe, expect, it } from 'vitest';
import { cutInto, meanVector } from './pieces';

describe('pieces of a text', () => {
  it('are few, of about the same length, and together the text', () => {
    const text = 'abcdefghij'.repeat(10);
    expect(cutInto(text, 100)).toEqual([text]);
    const pieces = cutInto(text, 30);
    expect(pieces.map(({ length }) => length)).toEqual([25, 25, 25, 25]);
    expect(pieces.join('')).toBe(text);
  });

  it('do not end within a character, and are never blank', () => {
    expect(cutInto('😀😀😀', 6)).toEqual(['😀', '😀😀']);
    expect(cutInto(`${' '.repeat(10)}word`, 5)).toEqual([' word']);
  });
});

it('the mean of vectors weighs by length and is as long as they are', () => {
  expect(meanVector([Float32Array.of(0, 1)], [3])).toEqual(Float32Array.of(0, 1));
  const mean = meanVector([Float32Array.of(1, 0), Float32Array.of(0, 1)], [3, 1]);
  expect(Math.hypot(...mean)).toBeCloseTo(1);
  expect(mean[0]! / mean[1]!).toBeCloseTo(3);
});
