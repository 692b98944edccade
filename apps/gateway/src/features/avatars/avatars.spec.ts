import { picturePath, users } from '@perennial/contracts-auth';
import { describe, expect, it } from 'vitest';
import { startEdge } from '../../../test/edge';
import { pictureOfDataUrl, placeholderPicture } from './avatar';

describe('pictures', () => {
  it.each([
    '/user.png',
    'https://evil.example/a.png',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:text/html;base64,PGI+',
    'data:image/png,raw',
  ])('%s is not served', (url) => expect(pictureOfDataUrl(url)).toBeUndefined());

  it('an inline picture is served', () => {
    expect(pictureOfDataUrl('data:image/png;base64,AAEC')).toEqual({
      type: 'image/png',
      bytes: Buffer.from([0, 1, 2]),
    });
  });

  it('a placeholder contains no text from a user', () => {
    expect(placeholderPicture('id', '"><script>').bytes).not.toContain('script');
    expect(placeholderPicture('id', 'änne').bytes).toContain('>Ä</text>');
  });

  it('one’s own is served, other users’ to administrators only', async () => {
    const edge = await startEdge();
    const [own, other, admin] = [edge.account('user'), edge.account('user'), edge.account('admin')];
    edge.rpc.on(users.picture, () => ({ url: 'data:image/png;base64,AAEC' }));
    const type = async ({ headers }: typeof own) =>
      (await edge.app.inject({ method: 'GET', url: picturePath(own.user.id), headers })).headers['content-type'];
    expect(await type(own)).toBe('image/png');
    expect(await type(admin)).toBe('image/png');
    expect(await type(other)).toBe('image/svg+xml; charset=utf-8');
    expect(edge.rpc.commands).toEqual([users.picture.pattern, users.picture.pattern]);
    await edge.close();
  });

  it('runs nothing when opened as a page', async () => {
    const edge = await startEdge();
    const { user, headers } = edge.account('user');
    const reply = await edge.app.inject({ method: 'GET', url: `/api/v1/users/${user.id}/profile/image`, headers });
    await edge.close();
    expect(reply.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    expect(reply.headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    expect(reply.body).toContain('>T</text>');
  });

  it('of a model with the longest name is served', async () => {
    const edge = await startEdge();
    const { headers } = edge.account('user');
    const url = `/api/v1/models/model/profile/image?id=${'m'.repeat(512)}`;
    const reply = await edge.app.inject({ method: 'GET', url, headers });
    await edge.close();
    expect(reply.statusCode).toBe(200);
  });
});
