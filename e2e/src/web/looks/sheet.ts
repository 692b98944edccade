import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import { type Variant, variantName } from './variants';

interface Placed {
  view: string;
  variant: Variant;
  /** Of its corner, and its width, in pixels of the sheet. */
  left: number;
  top: number;
  width: number;
}

const SIZE = { width: 1_500, height: 636 };

/** What the sheet shows, the lowest first. */
export const SHEET: readonly Placed[] = [
  { view: 'chat', variant: { theme: 'light', width: 1_440, language: 'en' }, left: 24, top: 24, width: 940 },
  { view: 'chat', variant: { theme: 'light', width: 390, language: 'ar' }, left: 1_256, top: 24, width: 220 },
  { view: 'palette', variant: { theme: 'dark', width: 820, language: 'de' }, left: 876, top: 92, width: 376 },
  { view: 'source', variant: { theme: 'dark', width: 390, language: 'en' }, left: 1_172, top: 170, width: 220 },
];

/** Puts pictures of views on one, for the README. */
export async function writeSheet(browser: Browser, folder: string, file: string): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1.5 });
  const pictures = await Promise.all(
    SHEET.map(async ({ view, variant, left, top, width }) => {
      const picture = await readFile(join(folder, `${view}-${variantName(variant)}.png`), 'base64');
      return `<img src="data:image/png;base64,${picture}" style="left: ${left}px; top: ${top}px; width: ${width}px">`;
    }),
  );
  await page.setContent(`<style>
    body { margin: 0; background: #e6e2d6 }
    img { position: absolute; border-radius: 10px; box-shadow: 0 8px 28px rgb(40 36 24 / 28%) }
    </style>${pictures.join('')}`);
  await page.screenshot({ path: file });
  await page.close();
}
