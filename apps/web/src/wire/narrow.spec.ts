import { expect, it } from 'vitest';
import { objectsIn, textIn, textsIn, wholeIn } from './narrow';

it('leaves out what has another shape', () => {
  expect(objectsIn([{ a: 1 }, null, 'x', [1], 2])).toEqual([{ a: 1 }]);
  expect(objectsIn({ length: 3 })).toEqual([]);
  const fields = { text: 'a', whole: 3, half: 0.5, texts: ['a', 1, 'b'], none: null };
  expect([textIn(fields, 'text'), textIn(fields, 'whole'), textIn(fields, 'none'), textIn(undefined, 'text')]).toEqual([
    'a',
    undefined,
    undefined,
    undefined,
  ]);
  expect([wholeIn(fields, 'whole'), wholeIn(fields, 'half'), wholeIn(fields, 'text')]).toEqual([
    3,
    undefined,
    undefined,
  ]);
  expect([textsIn(fields, 'texts'), textsIn(fields, 'text')]).toEqual([['a', 'b'], []]);
});
