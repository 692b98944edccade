import { ROOT } from '@perennial/launcher';
import { describe, expect, it } from 'vitest';
import { BuiltPage } from './built-page';

describe('the bytes of the built page', () => {
  const page = new BuiltPage(ROOT);

  it('are at most 140 kB of script before one can type', () => {
    expect(page.entry.size).toBeGreaterThan(1);
    expect(page.weight(page.entry)).toBeLessThan(140_000);
  });

  it('are at most 240 kB of script for an open chat', () => {
    expect(page.chat.size).toBeGreaterThan(page.entry.size + 1);
    expect(page.weight(page.chat)).toBeLessThan(240_000);
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
});
