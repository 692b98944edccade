import { type TurnBody, TurnBodySchema } from '@perennial/contracts-gateway';
import { describe, expect, it } from 'vitest';
import { isTurn, toTurn } from './turn-body';

const body = (change: Partial<TurnBody> = {}): TurnBody => ({
  model: 'm',
  session_id: 's',
  parent_id: null,
  id: 'a1',
  user_message: { id: 'u1', parentId: null, content: 'Hello', timestamp: 5, models: ['m'] },
  ...change,
});
const of = (change: Partial<TurnBody> = {}) => toTurn(TurnBodySchema.parse(body(change)));

describe('a page’s turn', () => {
  it.each<[unknown, boolean]>([
    [{ session_id: 's', parent_id: null }, true],
    [{ session_id: 's', chat_id: 'c' }, true],
    [{ session_id: 's' }, false],
    [{ chat_id: 'c', parent_id: null }, false],
    [{ model: 'm', messages: [] }, false],
    [null, false],
  ])('%j is a turn: %s', (value, expected) => expect(isTurn(value)).toBe(expected));

  it('of a new chat', () => {
    expect(of({ background_tasks: { title_generation: true } })).toEqual({
      parentId: null,
      userMessage: { id: 'u1', content: 'Hello', timestamp: 5, models: ['m'], files: [] },
      answers: [{ messageId: 'a1', modelId: 'm', modelIdx: 0 }],
      params: {},
      generateTitle: true,
      sessionId: 's',
    });
  });

  it('of a chat names the parent of its message', () => {
    const chatId = '7e46a2ed-1dc3-4221-a341-a370ad0fe576';
    const turn = of({ chat_id: chatId, parent_id: 'x', user_message: { id: 'u2', parentId: 'a1', content: 'More' } });
    expect(turn).toMatchObject({ chatId, parentId: 'a1' });
  });

  it('that answers a message again', () => {
    expect(of({ user_message: undefined, parent_id: 'u1' })).toMatchObject({ parentId: 'u1' });
    expect(of({ parent_id: 'u1' }).parentId).toBeNull();
  });

  it('that continues an ended answer', () => {
    const chatId = '7e46a2ed-1dc3-4221-a341-a370ad0fe576';
    expect(of({ chat_id: chatId, assistant_message_id: 'a0', params: { temperature: 1 } })).toEqual({
      chatId,
      parentId: 'a0',
      answers: [{ messageId: 'a0', modelId: 'm', modelIdx: 0 }],
      continueAnswer: true,
      params: { temperature: 1 },
      sessionId: 's',
    });
    expect(() => of({ assistant_message_id: 'a0' })).toThrow('chat_id');
  });

  it('for several models, in both forms', () => {
    const answers = [
      { messageId: 'a1', modelId: 'm', modelIdx: 0 },
      { messageId: 'a2', modelId: 'n', modelIdx: 1 },
    ];
    const list = [
      { model_id: 'm', message_id: 'a1', modelIdx: 0 },
      { model_id: 'n', message_id: 'a2' },
    ];
    expect(of({ message_ids: list }).answers).toEqual(answers);
    expect(of({ message_ids: { m: 'a1', n: 'a2' } }).answers).toEqual(answers);
    const longest = 'm'.repeat(512);
    expect(of({ message_ids: { [longest]: 'a1' } }).answers).toMatchObject([{ modelId: longest }]);
  });

  it('takes the system prompt from the messages or the parameters, and leaves the page’s own out', () => {
    const params = { system: 'Be kind', temperature: 0.5, model_controls: {} };
    expect(of({ params })).toMatchObject({ system: 'Be kind', params: { temperature: 0.5 } });
    expect(of({ params, messages: [{ role: 'system', content: 'Be brief' }] }).system).toBe('Be brief');
  });
});
