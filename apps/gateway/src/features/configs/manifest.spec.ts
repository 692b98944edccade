import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toManifest } from './manifest';

const PUBLIC = new URL('../../../../web/public', import.meta.url);

interface Icon {
  src: string;
  type: string;
  sizes: string;
  purpose: string;
}

describe('the manifest', () => {
  const icons = toManifest('Perennial', undefined)['icons'] as Icon[];

  it.each(icons)('has its icon of the size that it tells: $src', ({ src, type, sizes }) => {
    const file = new URL(`.${src}`, `${PUBLIC.href}/`);
    expect(existsSync(file)).toBe(true);
    if (type !== 'image/png') return;
    const bytes = readFileSync(file);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes);
  });

  it('has icons for each system', () => {
    expect(icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual(
      expect.arrayContaining(['192x192 any', '512x512 any', '512x512 maskable']),
    );
  });

  it.each([
    [undefined, 'New chat', 'ltr'],
    ['fr-FR, de-AT;q=0.8, en;q=0.5', 'Neuer Chat', 'ltr'],
    ['ar', 'محادثة جديدة', 'rtl'],
    ['constructor, __proto__', 'New chat', 'ltr'],
    ['', 'New chat', 'ltr'],
  ])('names its shortcuts in the language of the system: %s', (accepted, name, dir) => {
    const { shortcuts, ...manifest } = toManifest('Acme', accepted);
    expect((shortcuts as { name: string }[])[0]?.name).toBe(name);
    expect(manifest).toMatchObject({ dir, name: 'Acme', id: '/' });
  });
});
