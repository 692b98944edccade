/**
 * `npm run icons` draws apps/web/public/icons from favicon.svg with Chromium (or the one of CHROMIUM_BINARY): systems that install the page want pictures
 * of certain sizes. They are committed, so that a build needs no browser.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { root } from './generated.mjs';

const PUBLIC = join(root, 'apps/web/public');
const svg = readFileSync(join(PUBLIC, 'favicon.svg'), 'utf8');
const [, green] = /fill="(#[0-9a-f]{6})"/.exec(svg) ?? [];

/** `share`: of the picture's width; systems cut maskable ones to a circle of four fifths, and those of Apple to a square with round corners. */
const ICONS = [
  { name: 'icon-192.png', size: 192, share: 1, ground: 'transparent' },
  { name: 'icon-512.png', size: 512, share: 1, ground: 'transparent' },
  { name: 'maskable-512.png', size: 512, share: 0.75, ground: green },
  { name: 'apple-touch.png', size: 180, share: 0.9, ground: green },
];

const browser = await chromium.launch({ executablePath: process.env['CHROMIUM_BINARY'], args: ['--no-sandbox'] });
try {
  mkdirSync(join(PUBLIC, 'icons'), { recursive: true });
  for (const { name, size, share, ground } of ICONS) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const width = Math.round(size * share);
    await page.setContent(
      `<style>body { margin: 0; height: 100vh; display: grid; place-items: center; background: ${ground} }
      svg { width: ${width}px; height: ${width}px }</style>${svg}`,
    );
    await page.screenshot({ path: join(PUBLIC, 'icons', name), omitBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
