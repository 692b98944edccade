import { describe, expect, it } from 'vitest';
import { startEdge } from '../../test/edge';
import { pictureOfDataUrl, placeholderPicture } from './pictures';

describe('pictures', () => {
  it.each([
    '/user.png',
    'https://evil.example/a.png',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:text/html;base64,PGI+',
    'data:image/png,raw',
  ])('%s is not served as it is', (url) => expect(pictureOfDataUrl(url)).toBeUndefined());

  it('an inline picture is served as it is', () => {
    expect(pictureOfDataUrl('data:image/png;base64,AAEC')).toEqual({
      type: 'image/png',
      bytes: Buffer.from([0, 1, 2]),
    });
  });

  it('a placeholder never carries what somebody wrote', () => {
    expect(placeholderPicture('id', '"><script>').bytes).not.toContain('script');
    expect(placeholderPicture('id', 'änne').bytes).toContain('>Ä</text>');
  });

  it('can do nothing as a page', async () => {
    const edge = await startEdge();
    const { user, headers } = edge.account('user');
    const reply = await edge.app.inject({ method: 'GET', url: `/api/v1/users/${user.id}/profile/image`, headers });
    await edge.close();
    expect(reply.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    expect(reply.headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    expect(reply.body).toContain('>T</text>');
  });
});
