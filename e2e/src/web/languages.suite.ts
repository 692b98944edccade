import type { BrowserContext, Page } from '@playwright/test';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chooseOfAccount } from '../support/page';
import { violations } from '../support/page-checks';
import type { PageSystem } from './page-system';

export function languages(system: PageSystem): void {
  describe('the languages of the page', () => {
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      context = await system.person('languages');
    });

    afterAll(() => context?.close());

    beforeEach(async () => {
      page = await context.newPage();
      await page.goto('/');
      await page.getByText('What is on your mind?').waitFor();
      return async () => {
        await page.evaluate(() => localStorage.clear());
        await page.close();
      };
    });

    const field = () => page.getByRole('combobox', { name: 'Language' });
    const shown = () =>
      page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir }));

    it('is the one that was chosen, mirrored where it must be, from the first paint on', async () => {
      await page.getByLabel('Message', { exact: true }).fill('Half a thought');
      await chooseOfAccount(page, 'Settings');
      await field().selectOption('ar');
      await page.getByRole('dialog', { name: 'الإعدادات' }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      const box = page.getByRole('textbox', { name: 'الرسالة' });
      expect(await box.inputValue()).toBe('Half a thought');
      await box.fill('');
      expect(await shownWhileLoading()).toEqual([{ lang: 'ar', dir: 'rtl', english: false }]);
      const sidebar = await page.getByRole('navigation', { name: 'المحادثات' }).boundingBox();
      expect((sidebar?.x ?? 0) + (sidebar?.width ?? 0)).toBe(page.viewportSize()?.width);
      expect(await violations(page)).toEqual([]);
    });

    it('stays the former one, and says so, when the file of another does not load', async () => {
      await page.route(/\/assets\/de-[^/]+\.js$/, (route) => route.abort());
      await chooseOfAccount(page, 'Settings');
      await field().selectOption('de');
      await page.getByRole('alert').getByText('The language could not be loaded.').waitFor();
      expect(await field().inputValue()).toBe('en');
      expect(await shown()).toEqual({ lang: 'en', dir: 'ltr' });
      await page.keyboard.press('Escape');
      await page.getByLabel('Message', { exact: true }).fill('Still English');
      await page.reload();
      await page.getByText('What is on your mind?').waitFor();
      await page.getByLabel('Message', { exact: true }).fill('');
      // The file is there again, and the wish was not kept in its absence.
      await page.unroute(/\/assets\/de-[^/]+\.js$/);
      await chooseOfAccount(page, 'Settings');
      await field().selectOption('de');
      await page.getByRole('dialog', { name: 'Einstellungen' }).waitFor();
    });

    it('is the last of two quick choices, whichever file arrives last', async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const asked = page.waitForRequest(/\/assets\/de-[^/]+\.js$/);
      await page.route(/\/assets\/de-[^/]+\.js$/, async (route) => {
        await held;
        await route.continue();
      });
      await chooseOfAccount(page, 'Settings');
      await field().selectOption('de');
      await asked;
      await field().selectOption('ar');
      await page.getByRole('dialog', { name: 'الإعدادات' }).waitFor();
      const arrived = page.waitForResponse(/\/assets\/de-[^/]+\.js$/);
      release();
      await (await arrived).finished();
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      expect(await shown()).toEqual({ lang: 'ar', dir: 'rtl' });
      expect(await page.evaluate(() => localStorage.getItem('language'))).toBe('ar');
      expect(await page.getByRole('alert').count()).toBe(0);
    });

    it('is that of the browser until one is chosen', async () => {
      const german = await system.browser.newContext({ baseURL: system.baseUrl, locale: 'de-AT' });
      const theirs = await german.newPage();
      await theirs.goto('/');
      await theirs.getByRole('heading', { name: 'Bei Perennial anmelden' }).waitFor();
      await theirs.getByRole('combobox', { name: 'Sprache' }).selectOption('en');
      await theirs.getByRole('heading', { name: 'Sign in to Perennial' }).waitFor();
      await german.close();
    });

    /** The page is loaded again: the languages and directions in which any text of it was shown. */
    async function shownWhileLoading(): Promise<unknown> {
      await page.addInitScript(() => {
        const seen = new Set<string>();
        Object.assign(window, { seen });
        new MutationObserver(() => {
          const { lang, dir } = document.documentElement;
          const text = document.getElementById('root')?.textContent ?? '';
          if (text !== '') seen.add(JSON.stringify({ lang, dir, english: /New chat|Search|Opening/.test(text) }));
        }).observe(document, { childList: true, subtree: true, characterData: true });
      });
      await page.reload();
      await page.getByText('بماذا تفكّر؟').waitFor();
      return page.evaluate(() =>
        [...(window as unknown as { seen: Set<string> }).seen].map((one) => JSON.parse(one) as unknown),
      );
    }
  });
}
