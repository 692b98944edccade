import { describe, expect, it } from 'vitest';
import { allVariants, LANGUAGES, pairwiseVariants, shortVariant, THEMES, variantName, WIDTHS } from './variants';

describe('the ways in which views are shown', () => {
  it('are all combinations', () => {
    expect(new Set(allVariants().map(variantName)).size).toBe(27);
  });

  it('meet each other in pairs over nine views, one way for each', () => {
    const shown = Array.from({ length: 9 }, (_, view) => shortVariant(view));
    expect(new Set(shown.map(({ theme, width }) => `${theme} ${width}`)).size).toBe(9);
    expect(new Set(shown.map(({ theme, language }) => `${theme} ${language}`)).size).toBe(9);
  });

  it('meet each other in pairs over any three views in a row', () => {
    for (const first of [0, 1, 7]) {
      const shown = [0, 1, 2].flatMap((view) => pairwiseVariants(first + view));
      const pairs = (pair: (variant: (typeof shown)[number]) => unknown[]) =>
        new Set(shown.map((one) => pair(one).join()));
      expect(pairs(({ theme, width }) => [theme, width]).size).toBe(THEMES.length * WIDTHS.length);
      expect(pairs(({ theme, language }) => [theme, language]).size).toBe(THEMES.length * LANGUAGES.length);
      expect(pairs(({ width, language }) => [width, language]).size).toBe(WIDTHS.length * LANGUAGES.length);
    }
  });
});
