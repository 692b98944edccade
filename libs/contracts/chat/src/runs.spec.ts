import { describe, expect, it } from 'vitest';
import * as runs from './runs';

describe('the request of a turn', () => {
  it('without new fields equals what the previous version stored under the same key', () => {
    const said = {
      parentId: null,
      userMessage: { id: 'u1', content: 'Hello' },
      answers: [{ messageId: 'a1', modelId: 'm' }],
    };
    expect(runs.accept.request.parse(said)).toEqual({
      parentId: null,
      userMessage: { id: 'u1', content: 'Hello', models: [], files: [] },
      answers: [{ messageId: 'a1', modelId: 'm', modelIdx: 0 }],
      files: [],
      params: {},
      generateTitle: false,
    });
  });
});
