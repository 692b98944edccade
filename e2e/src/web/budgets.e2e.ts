import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ROOT } from '@perennial/launcher';
import { describe, expect, it } from 'vitest';
import { BuiltPage } from './built-page';

describe('the bytes of the built page', () => {
  const page = new BuiltPage(ROOT);

  it('are at most 140 kB of script before one can type', () => {
    expect(page.entry.size).toBeGreaterThan(1);
    expect(page.weight(page.entry)).toBeLessThan(140_000);
  });

  it('are at most 110 kB of script where one signs in', () => {
    expect([...page.signIn].filter((name) => /sign-in-page|workspace/.test(name))).toHaveLength(1);
    expect(page.weight(page.signIn)).toBeLessThan(110_000);
  });

  it('are at most 240 kB of script for an open chat', () => {
    expect(page.chat.size).toBeGreaterThan(page.entry.size + 1);
    expect(page.weight(page.chat)).toBeLessThan(240_000);
  });

  it('are at most 60 kB of script for any other page or window', () => {
    const own = page.ownScripts();
    expect(own.some(({ name }) => name.includes('administration'))).toBe(true);
    expect(own.filter(({ bytes }) => bytes > 60_000)).toEqual([]);
  });

  it('are at most 16 kB of styles', () => {
    expect(page.styles.length).toBeGreaterThan(0);
    expect(page.weight(page.styles)).toBeLessThan(16_000);
  });

  it('leave formulas, schemas and other pages to those who need them', () => {
    const text = [...page.entry].map((name) => page.read(name)).join('\n');
    expect(text).not.toMatch(/katex-mathml|ZodError|invalid_union|looseObject/);
    expect(
      [...page.entry].filter((name) => /knowledge-page|transcript|markdown|palette|model-picker/.test(name)),
    ).toEqual([]);
  });

  it('leave the page out of the frame in which diagrams are drawn', () => {
    expect(page.read('sandbox/diagram.html')).not.toMatch(/assets\/(?:page|workspace|libraries)-|stylesheet/);
  });

  it('are there compressed, for each text', () => {
    const folder = join(ROOT, 'apps/web/dist');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
    const texts = files.filter((file) => /\.(?:js|css|html)$/.test(file) && statSync(file).size > 1_024);
    expect(texts.length).toBeGreaterThan(10);
    for (const file of texts) {
      const plain = readFileSync(file);
      const [br, gz] = [readFileSync(`${file}.br`), readFileSync(`${file}.gz`)];
      expect([brotliDecompressSync(br).equals(plain), gunzipSync(gz).equals(plain)]).toEqual([true, true]);
      expect(br.length).toBeLessThan(gz.length);
    }
  });
});
