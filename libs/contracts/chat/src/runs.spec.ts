import { describe, expect, it } from 'vitest';
import * as runs from './runs';

describe('the request of a turn', () => {
  it('is parsed as by the version before where nothing new is said: what that one stored under a key is compared with it', () => {
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
