import type { Message, PickerModel } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { contextFill } from './context-fill';

const model = (context_length?: number) => ({ id: 'm', name: 'M', context_length }) as PickerModel;
const answer = (usage: unknown, more: Partial<Message> = {}) =>
  ({ id: 'a', role: 'assistant', content: '', parentId: null, usage, ...more }) as Message;

describe('how full the context is', () => {
  it('is what the last answer counted, of what the model can take in', () => {
    const thread = [answer({ total_tokens: 10 }), answer({ total_tokens: 799 })];
    expect(contextFill(thread, model(1_000))).toEqual({ used: 799, most: 1_000, percent: 79, warns: false });
    expect(contextFill([answer({ prompt_tokens: 700, completion_tokens: 100 })], model(1_000))).toEqual({
      ...{ used: 800, most: 1_000, percent: 80, warns: true },
    });
    expect(contextFill([answer({ total_tokens: 9_000 })], model(1_000))?.percent).toBe(100);
  });

  it('is that of the answer before while one is being written', () => {
    const thread = [answer({ total_tokens: 500 }), answer(undefined, { done: false })];
    expect(contextFill(thread, model(1_000))?.used).toBe(500);
  });

  it.each([
    ['no such model', [answer({ total_tokens: 5 })], undefined],
    ['a model of which nobody has said it', [answer({ total_tokens: 5 })], model()],
    ['a model that can take in nothing', [answer({ total_tokens: 5 })], model(0)],
    ['no answer', [], model(1_000)],
    ['an answer that was not counted', [answer({ total_tokens: 5 }), answer(undefined)], model(1_000)],
    ['counts that are none', [answer({ total_tokens: 'many', prompt_tokens: 1 })], model(1_000)],
    ['less than nothing', [answer({ total_tokens: -1 })], model(1_000)],
  ])('is not known with %s', (_, thread, of) => {
    expect(contextFill(thread, of)).toBeUndefined();
  });
});
