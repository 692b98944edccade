import type { Message } from '@perennial/contracts-wire';
import { expect, it } from 'vitest';
import { isPicture, picturesOf } from './pictures';

const message = (more: Partial<Message>): Message => ({ id: 'a', role: 'user', childrenIds: [], ...more });

it('pictures of messages are found in attachments and in parts, and only those that the page may show', () => {
  const files = [
    { type: 'image', url: '/api/v1/files/1/content', name: 'a.png' },
    { type: 'image', url: 'data:image/png;base64,AA==' },
    { type: 'file', id: 'f-1', content_type: 'image/webp', name: 'b.webp' },
    { type: 'file', id: 'f-2', name: 'notes.txt' },
    { type: 'image', url: 'https://example.com/a.png' },
    { type: 'image', url: '//example.com/a.png' },
    { type: 'image', url: 'javascript:alert(1)' },
    { type: 'image', url: 'data:image/svg+xml,<svg/>' },
    null,
  ];
  expect(picturesOf(message({ files }))).toEqual([
    { url: '/api/v1/files/1/content', name: 'a.png' },
    { url: 'data:image/png;base64,AA==', name: '' },
    { url: '/api/v1/files/f-1/content', name: 'b.webp' },
  ]);
  const content = [
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: { url: '/api/v1/files/2/content' } },
    { type: 'image_url', image_url: 'https://example.com/b.png' },
    { type: 'image_url' },
  ];
  expect(picturesOf(message({ content }))).toEqual([{ url: '/api/v1/files/2/content', name: '' }]);
});

it('a file is a picture if models and the server take it as one', () => {
  expect(
    ['image/png', 'image/webp', 'image/svg+xml', 'image/heic', 'text/plain', ''].map((type) => isPicture({ type })),
  ).toEqual([true, true, false, false, false, false]);
});
