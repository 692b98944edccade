import { describe, expect, it } from 'vitest';
import { toPreferences, withChange } from './preferences';

describe('the preferences of an account', () => {
  it('are changed one by one, and leave what other clients have saved', () => {
    const before = { other: 1, ui: { theme: 'dark', system: 'Be brief.', models: ['a'] } };
    expect(withChange(before, { models: ['b'], ctrlEnterToSend: true })).toEqual({
      other: 1,
      ui: { theme: 'dark', system: 'Be brief.', models: ['b'], ctrlEnterToSend: true },
    });
    expect(withChange(before, { models: undefined })).toEqual({ other: 1, ui: { theme: 'dark', system: 'Be brief.' } });
    expect(withChange({ ui: 'broken' }, { followAnswers: true })).toEqual({ ui: { followAnswers: true } });
  });

  it('are read as far as they have the right shape, whoever wrote them', () => {
    const ui = {
      ctrlEnterToSend: 'yes',
      largeTextAsFile: false,
      models: ['', 7, 'a'],
      system: '',
      answerLanguage: 'de',
    };
    expect(toPreferences({ ui })).toEqual({ largeTextAsFile: false, models: ['a'], answerLanguage: 'de' });
    expect(toPreferences({})).toEqual({});
    expect(toPreferences({ ui: [] })).toEqual({});
  });
});
