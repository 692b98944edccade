import type { PickerModel } from '@perennial/contracts-wire';
import { expect, it } from 'vitest';
import { contextOf, descriptionOf, seesPictures, suggestionsOf } from './model-facts';

const model = (meta: unknown): PickerModel => ({
  ...{ id: 'a', name: 'a', owned_by: 'x', connection_type: 'external', tags: [] },
  info: { meta } as PickerModel['info'],
});

it('facts of a model are read as far as they have the right shape', () => {
  const prompts = [
    { content: ' One ' },
    { content: 'One' },
    { content: '' },
    null,
    { content: 'Two' },
    { content: 'Three' },
  ];
  const known = model({
    ...{
      suggestion_prompts: [...prompts, { content: 'Four' }],
      description: ' For code. ',
      capabilities: { vision: false },
    },
  });
  expect(suggestionsOf(known)).toEqual(['One', 'Two', 'Three']);
  expect([descriptionOf(known), seesPictures(known)]).toEqual(['For code.', false]);
  for (const meta of [undefined, null, 'x', { capabilities: [], description: 7, suggestion_prompts: {} }]) {
    const strange = model(meta);
    expect([suggestionsOf(strange), descriptionOf(strange), seesPictures(strange)]).toEqual([[], undefined, undefined]);
  }
  expect(suggestionsOf(undefined)).toEqual([]);
  expect([contextOf({ ...known, context_length: 131_072 }), contextOf(known)]).toEqual([['131K tokens'], []]);
});
