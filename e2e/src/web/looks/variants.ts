import type { Page } from '@playwright/test';

export const THEMES = ['light', 'dark', 'contrast'] as const;
export const WIDTHS = [390, 820, 1_440] as const;
export const LANGUAGES = ['en', 'de', 'ar'] as const;

/** One way in which a view is shown. */
export interface Variant {
  theme: (typeof THEMES)[number];
  width: (typeof WIDTHS)[number];
  language: (typeof LANGUAGES)[number];
}

/** All ways, those of a width and a language one after another. */
export function allVariants(): Variant[] {
  return WIDTHS.flatMap((width) =>
    LANGUAGES.flatMap((language) => THEMES.map((theme) => ({ theme, width, language }) satisfies Variant)),
  );
}

/** Three ways for the view with this number. Over three views in a row, each theme meets each width and each language, and these each other. */
export function pairwiseVariants(view: number): [Variant, Variant, Variant] {
  const variant = (row: number): Variant => ({
    theme: THEMES[row]!,
    width: WIDTHS[(row + view) % 3]!,
    language: LANGUAGES[(2 * row + view) % 3]!,
  });
  return [variant(0), variant(1), variant(2)];
}

/** One way for the view with this number: over nine views in a row, each theme meets each width and each language. */
export function shortVariant(view: number): Variant {
  return pairwiseVariants(view)[Math.floor(view / 3) % 3]!;
}

export function variantName({ theme, width, language }: Variant): string {
  return `${width}-${language}-${theme}`;
}

/** Makes the page look like this from its next load on. */
export async function prepareVariant(page: Page, { theme, width, language }: Variant): Promise<void> {
  await page.setViewportSize({ width, height: { 390: 780, 820: 1_100, 1_440: 900 }[width] });
  const choices = {
    language,
    theme: theme === 'dark' ? 'dark' : 'light',
    contrast: theme === 'contrast' ? 'more' : 'normal',
  };
  await page.evaluate((choices) => {
    for (const [choice, value] of Object.entries(choices)) localStorage.setItem(choice, value);
  }, choices);
}
