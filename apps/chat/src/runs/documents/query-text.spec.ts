import { describe, expect, it } from 'vitest';
import { parseQueries, queryPrompt } from './query-text';

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'One' },
  { role: 'assistant', content: 'Two' },
  { role: 'user', content: [{ type: 'text', text: 'Three' }, { type: 'image_url' }] },
];
const today = new Date('2026-11-22T10:00:00Z');

describe('the prompt for queries', () => {
  it.each([
    ['{{MESSAGES}}', 'USER: One\nASSISTANT: Two\nUSER: Three'],
    ['{{MESSAGES:END:2}}', 'ASSISTANT: Two\nUSER: Three'],
    ['{{MESSAGES:START:2}}', 'USER: One'],
    ['{{MESSAGES:MIDDLETRUNCATE:2}}', 'USER: Three'],
    ['{{prompt}} on {{CURRENT_DATE}}', 'Three on 2026-11-22'],
    ['Make queries.', 'Make queries.\n\nUSER: One\nASSISTANT: Two\nUSER: Three'],
  ])('%s', (template, prompt) => {
    expect(queryPrompt(template, messages, today)).toBe(prompt);
  });

  it('is our default without an admin’s, and replaces no placeholders in users’ text', () => {
    const prompt = queryPrompt(' ', [{ role: 'user', content: 'What is {{CURRENT_DATE}}?' }], today);
    expect(prompt).toContain('{"queries": ["...", "..."]}');
    expect(prompt).toContain('USER: What is {{CURRENT_DATE}}?');
  });
});

describe('the queries in an answer', () => {
  it.each<[string, string[] | undefined]>([
    ['{"queries": ["a", "b"]}', ['a', 'b']],
    ['```json\n{"queries": [" a ", "a", "", 7]}\n```', ['a']],
    ['{not json} {"queries": ["later"]}', ['later']],
    ['{"queries": []}', undefined],
    ['I would search for the launch.', undefined],
    ['', undefined],
  ])('%s', (answer, queries) => {
    expect(parseQueries(answer)).toEqual(queries);
  });
});
