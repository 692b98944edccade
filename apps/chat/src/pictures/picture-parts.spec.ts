import { pictureUrl } from '@perennial/contracts-chat';
import { expect, it } from 'vitest';
import { withFilePictures } from './picture-parts';

const ID = '00000000-0000-4000-8000-000000000001';
const shown = (url: string) => ({ type: 'image_url', image_url: { url } });
const message = (content: string, pictures: string[] | null, parts: unknown[] | null = null) =>
  withFilePictures({ id: 'm', role: 'user', content, parts, pictures }).parts;

it('pictures among the files of a message come after its text, once, if a model can read their addresses', () => {
  const elsewhere = 'https://example.com/a.png';
  const all = [ID, pictureUrl(ID), elsewhere, '/static/a.png', 'data:image/svg+xml,x', 'file:///etc/passwd'];
  expect(message('What?', all)).toEqual([{ type: 'text', text: 'What?' }, shown(pictureUrl(ID)), shown(elsewhere)]);
  expect(message('', [ID])).toEqual([shown(pictureUrl(ID))]);
  const parts = [{ type: 'text', text: 'What?' }, shown(pictureUrl(ID))];
  expect(message('What?', [ID], parts)).toBe(parts);
  expect(message('What?', [ID, elsewhere], parts)).toEqual([...parts, shown(elsewhere)]);
  expect(message('What?', null)).toBeNull();
});
