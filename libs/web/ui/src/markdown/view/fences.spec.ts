import { expect, it } from 'vitest';
import { fencesOf } from './fences';

it('the blocks of code of a text are found in order, in lists and quotations too', () => {
  const text =
    '```html title\na\n```\n\n- b\n\n  ~~~svg\n  c\n  ~~~\n\n> ```\n> d\n> ```\n\n```html\n```\n\n````html\n```\n````\n\n```html\nopen';
  expect(fencesOf(text)).toEqual([
    { language: 'html', text: 'a', isClosed: true },
    { language: 'svg', text: 'c', isClosed: true },
    { language: undefined, text: 'd', isClosed: true },
    { language: 'html', text: '', isClosed: true },
    { language: 'html', text: '```', isClosed: true },
    { language: 'html', text: 'open', isClosed: false },
  ]);
});
