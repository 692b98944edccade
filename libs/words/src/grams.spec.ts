import { expect, it } from 'vitest';
import { toGrams } from './grams';

it.each([
  ['ab', []],
  ['abc', ['abc']],
  ['größe', ['grö', 'röß', 'öße']],
  ['日本', ['日', '本']],
  ['日', ['日']],
  ['𝒳y𝒵', ['𝒳y𝒵']],
])('%s has the grams %j', (word, grams) => {
  expect(toGrams(word)).toEqual(grams);
});
