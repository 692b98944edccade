import { expect, it } from 'vitest';
import { parametersFor, toParameters } from './parameters';

it('a chat has its own instructions in the place of those for all chats, and the language is wished in both cases', () => {
  const wish = 'Answer in German, whatever language the question is in.';
  expect(parametersFor({}, {})).toEqual({});
  expect(parametersFor({ temperature: 0 }, { system: 'Be brief.' })).toEqual({ temperature: 0, system: 'Be brief.' });
  expect(parametersFor({ system: 'Rhyme.' }, { system: 'Be brief.', answerLanguage: 'de' })).toEqual({
    system: `Rhyme.\n\n${wish}`,
  });
  expect(parametersFor({}, { answerLanguage: 'de' })).toEqual({ system: wish });
});

it('parameters are read as far as they have the right shape', () => {
  const stored = { system: '', temperature: 0, max_tokens: 'many', reasoning_effort: 'high', stream_response: true };
  expect(toParameters(stored)).toEqual({ temperature: 0, reasoning_effort: 'high' });
  expect(toParameters(undefined)).toEqual({});
});
