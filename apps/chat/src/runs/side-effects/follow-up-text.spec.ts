import { describe, expect, it } from 'vitest';
import { followUpPrompt, parseFollowUps } from './follow-up-text';

const messages = [
  { role: 'user', content: 'How do I bake bread?' },
  { role: 'assistant', content: 'With flour.' },
];

describe('follow-ups', () => {
  it('are asked for with the conversation, by our prompt or an administrator’s', () => {
    const ours = followUpPrompt(' ', messages, new Date(0));
    expect(ours).toContain('USER: How do I bake bread?\nASSISTANT: With flour.');
    expect(ours).toContain('{"follow_ups"');
    expect(followUpPrompt('After {{MESSAGES:END:1}}:', messages, new Date(0))).toBe('After ASSISTANT: With flour.:');
  });

  it.each([
    ['{"follow_ups": ["Which flour?", " Which flour? ", "How\\nlong?"]}', ['Which flour?', 'How long?']],
    ['Sure!\n```json\n["a", "b", "c", "d"]\n```', ['a', 'b', 'c']],
    ['{"follow_ups": [1, null, {"a": 1}, ""]} {"follow_ups": ["x"]}', ['x']],
    ['{"title": "Bread"}', []],
    ['None.', []],
  ])('are found in %s', (answer, found) => {
    expect(parseFollowUps(answer)).toEqual(found);
  });
});
