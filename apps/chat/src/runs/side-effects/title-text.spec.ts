import { describe, expect, it } from 'vitest';
import { firstWords, titleOf, titlePrompt } from './title-text';

describe('titles', () => {
  it('are found in models’ answers', () => {
    expect(titleOf('{"title": "A walk"}')).toBe('A walk');
    expect(titleOf('Sure!\n```json\n{ "title": "A\\n walk" }\n```')).toBe('A walk');
    expect(titleOf('{not json} {"title": "B"}')).toBe('B');
    expect(titleOf('A walk in the park')).toBeUndefined();
    expect(titleOf('{"title": " "}')).toBeUndefined();
    expect(titleOf(`{"title": "${'x'.repeat(300)}"}`)).toHaveLength(100);
  });

  it('fall back to the first words of the message', () => {
    expect(firstWords('  How do\n I bake bread? ')).toBe('How do I bake bread?');
    const sixty = `${'word '.repeat(11)}words`;
    expect(sixty).toHaveLength(60);
    expect(firstWords(`${sixty} more`)).toBe(sixty);
    expect(firstWords(`${sixty}!`)).toBe('word '.repeat(11).trim());
    expect(firstWords('x'.repeat(80))).toBe('x'.repeat(60));
    expect(firstWords('')).toBe('New Chat');
  });

  it('end with a whole character', () => {
    expect(titleOf(`{"title": "${'x'.repeat(99)}👋"}`)).toBe('x'.repeat(99));
    expect(firstWords(`${'x'.repeat(59)}👋${'y'.repeat(9)}`)).toBe('x'.repeat(59));
  });

  it('have a prompt with the message inserted', () => {
    expect(titlePrompt('', 'Hi $& there')).toContain('Hi $& there');
    expect(titlePrompt('Name it: {{MESSAGES:END:2}}', 'Hi')).toBe('Name it: Hi');
    expect(titlePrompt('Name it.', 'Hi')).toBe('Name it.\n\nHi');
  });
});
