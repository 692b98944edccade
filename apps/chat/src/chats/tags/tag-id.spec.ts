import { describe, expect, it } from 'vitest';
import { importedTags, toTagId } from './tag-id';

describe('the id of a tag', () => {
  it.each([
    ['Machine Learning', 'machine_learning'],
    ['machine_learning', 'machine_learning'],
    ['  Gärten \u0000', 'gärten'],
    ['a  b', 'a__b'],
  ])('of %j is %j', (name, id) => {
    expect(toTagId(name)).toBe(id);
  });
});

describe('tags of another product', () => {
  it('are those that a person could have given, once each', () => {
    const given = [
      'Garden',
      'garden',
      '',
      'none',
      7,
      null,
      'x'.repeat(101),
      'Old Trees',
      ...Array.from({ length: 200 }, (_, n) => `t${n}`),
    ];
    const tags = importedTags(given);
    expect([...tags].slice(0, 3)).toEqual([
      ['garden', 'Garden'],
      ['old_trees', 'Old Trees'],
      ['t0', 't0'],
    ]);
    expect(tags.size).toBe(100);
  });
});
