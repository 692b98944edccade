import type { Message } from '@perennial/contracts-wire';
import { describe, expect, it } from 'vitest';
import { versionsOf } from './versions';

const answer = (id: string, content: string): Message =>
  ({ id, role: 'assistant', content, parentId: null }) as Message;
const textOf = ({ content }: Message) => content as string;
const page = (source: string) => `Here:\n\n\`\`\`html\n${source}\n\`\`\`\n`;

describe('the versions of an artifact', () => {
  const thread = [
    { ...answer('q', page('asked')), role: 'user' } as Message,
    answer('a', `${page('one')}\n\n- also\n\n  ~~~HTML\n  two\n  ~~~\n\n\`\`\`svg\n<svg/>\n\`\`\``),
    answer('b', 'No code, but the word html.'),
    answer('c', `${page('three')}\n\n\`\`\`html\nopen`),
  ];

  it('are the closed blocks of its language in the answers, in order', () => {
    const { versions, place } = versionsOf(thread, { language: 'html', source: 'two' }, textOf);
    expect(versions.map(({ source }) => source)).toEqual(['one', 'two', 'three']);
    expect(place).toBe(1);
    expect(versionsOf(thread, { language: 'svg', source: '<svg/>' }, textOf)).toEqual({
      versions: [{ language: 'svg', source: '<svg/>' }],
      place: 0,
    });
  });

  it('end with one whose answer is still being written', () => {
    const { versions, place } = versionsOf(thread, { language: 'html', source: 'four' }, textOf);
    expect([versions.length, versions[place]?.source]).toEqual([4, 'four']);
    const later = [...thread, answer('d', page('four'))];
    expect(versionsOf(later, { language: 'html', source: 'four' }, textOf)).toMatchObject({ place: 3 });
  });

  it('that are alike are one of them: the last', () => {
    const alike = [...thread, answer('d', page('one'))];
    expect(versionsOf(alike, { language: 'html', source: 'one' }, textOf).place).toBe(3);
  });
});
