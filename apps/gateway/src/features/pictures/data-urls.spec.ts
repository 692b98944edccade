import { describe, expect, it } from 'vitest';
import { decodePicture, picturesIn, withPictures } from './data-urls';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const JPEG = 'data:image/jpeg;base64,/9j/4AAQ';

const message = {
  id: 'm',
  content: [
    { type: 'text', text: PNG },
    { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
    { type: 'image_url', image_url: JPEG },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    { type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,PHN2Zy8+' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,not base64!' } },
    null,
    { type: 'image_url' },
  ],
  files: [{ type: 'image', url: JPEG }, { type: 'file', id: 'f' }, 'odd'],
};

describe('pictures in a message', () => {
  it('are found in content parts and files; other kinds and malformed ones are left alone', () => {
    expect(picturesIn(message)).toEqual([PNG, JPEG, JPEG]);
    expect(picturesIn({ content: PNG })).toEqual([]);
    expect(picturesIn({})).toEqual([]);
  });

  it('are replaced, and nothing else', () => {
    const changed = withPictures(message, new Map([[PNG, '/1'], [JPEG, '/2']])); // prettier-ignore
    expect(changed).toEqual({
      id: 'm',
      content: [
        message.content[0],
        { type: 'image_url', image_url: { url: '/1', detail: 'low' } },
        { type: 'image_url', image_url: { url: '/2' } },
        ...message.content.slice(3),
      ],
      files: [{ type: 'image', url: '/2' }, ...message.files.slice(1)],
    });
  });

  it('are decoded', () => {
    expect(decodePicture(PNG)).toEqual({ contentType: 'image/png', bytes: Buffer.from('iVBORw0KGgo=', 'base64') });
  });
});
