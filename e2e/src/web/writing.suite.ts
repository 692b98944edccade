import type { BrowserContext, Page, Route } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerEnded, chooseModel, chooseOfAccount, chosenModel } from '../support/page';
import type { PageSystem } from './page-system';

export function writing(system: PageSystem): void {
  describe('writing on the page', () => {
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      context = await system.administrator();
    });

    afterAll(() => context?.close());

    beforeEach(async () => {
      page = await context.newPage();
      await page.goto('/');
      await page.getByText('What is on your mind?').waitFor();
    });

    afterEach(() => page.close());

    const box = (of = page) => of.getByLabel('Message', { exact: true });
    const answer = () => page.locator('.message-assistant').last();
    const ended = () => answerEnded(page);

    it('keeps what was typed, and the chosen model, over a reload and in each chat, until the message is sent', async () => {
      await chooseModel(page, 'echo-two');
      await box().fill('The first words');
      await page.reload();
      await expect.poll(() => box().inputValue()).toBe('The first words');
      await expect.poll(() => chosenModel(page)).toBe('echo-two');
      await box().press('Enter');
      await page.waitForURL(/\/c\//);
      await ended();
      await box().fill('Half a thought');
      // A chat has that name too, until its title comes.
      await page.getByRole('link', { name: 'New chat' }).first().click();
      await page.getByText('What is on your mind?').waitFor();
      await expect.poll(() => box().inputValue()).toBe('');
      await expect.poll(() => chosenModel(page)).toBe('echo-two');
      await page.goBack();
      await expect.poll(() => box().inputValue()).toBe('Half a thought');
    });

    it('shows a question at once, and gives its text back when it could not be sent', async () => {
      const held: Route[] = [];
      await chooseModel(page, 'echo-one');
      let isHolding = true;
      await page.route('**/api/chat/completions', (route) => (isHolding ? void held.push(route) : route.continue()));
      await box().fill('Is anybody there?');
      await box().press('Enter');
      await page.locator('.message-user', { hasText: 'Is anybody there?' }).waitFor();
      await answer().getByLabel('Waiting for the first word').waitFor();
      await expect.poll(() => box().inputValue()).toBe('');
      await expect.poll(() => held.length).toBe(1);
      await held[0]?.abort();
      await page.getByRole('alert').waitFor();
      await page.locator('.message-user').waitFor({ state: 'detached' });
      await expect.poll(() => box().inputValue()).toBe('Is anybody there?');
      await box().press('Enter');
      await page.locator('.message-user').waitFor();
      // The page that is opened by the first message is not another one: what is typed meanwhile stays, and what is sent follows in its turn.
      await box().pressSequentially('And then');
      await box().press('Enter');
      await page.getByRole('group', { name: 'Sent after this answer' }).getByText('And then').waitFor();
      await box().pressSequentially('Half a thought');
      await expect.poll(() => held.length).toBe(2);
      isHolding = false;
      await held[1]?.continue();
      await page.waitForURL(/\/c\//);
      await page.locator('.message-assistant').nth(1).waitFor();
      await ended();
      expect(await page.locator('.message-user .question').allTextContents()).toEqual([
        'Is anybody there?',
        'And then',
      ]);
      expect(await page.locator('.message-assistant .markdown').allTextContents()).toEqual([
        'Is anybody there?',
        'And then',
      ]);
      await expect.poll(() => box().inputValue()).toBe('Half a thought');
      expect(await page.locator('.message-assistant > header').allTextContents()).toEqual([
        'The first (echo-one)',
        'The first (echo-one)',
      ]);
    });

    it('asks the first model when a message is sent before the models are listed', async () => {
      const held: Route[] = [];
      await page.route('**/api/models', (route) => void held.push(route));
      await page.evaluate(() => localStorage.clear());
      await page.reload();
      await box().fill('Too early');
      await box().press('Enter');
      await page.locator('.message-user', { hasText: 'Too early' }).waitFor();
      await expect.poll(() => held.length).toBe(1);
      await held[0]?.continue();
      await page.waitForURL(/\/c\//);
      await ended();
      expect(await answer().locator('.markdown').textContent()).toBe('Too early');
    });

    it('fills the box from the address, and with earlier questions, but sends nothing by itself', async () => {
      await page.goto('/?q=Hello%20there&models=echo-two');
      await expect.poll(() => box().inputValue()).toBe('Hello there');
      await expect.poll(() => chosenModel(page)).toBe('echo-two');
      expect(new URL(page.url()).search).toBe('');
      await box().press('Enter');
      await page.waitForURL(/\/c\//);
      await ended();
      await box().press('ArrowUp');
      expect(await box().inputValue()).toBe('Hello there');
      await box().press('ArrowDown');
      expect(await box().inputValue()).toBe('');
    });

    it('does not send with the key that confirms a word of an input method', async () => {
      await box().fill('かな');
      const press = (init: object) =>
        box().evaluate(
          (element, init) =>
            element.dispatchEvent(
              new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init }),
            ),
          init,
        );
      await press({ isComposing: true });
      await press({ keyCode: 229 });
      await expect.poll(() => box().inputValue()).toBe('かな');
      expect(new URL(page.url()).pathname).toBe('/');
      await press({ keyCode: 13 });
      await page.waitForURL(/\/c\//);
    });

    it('begins a line with Enter on a phone, does not open its keyboard, and sends with the button', async () => {
      const phone = await system.browser.newContext({
        baseURL: system.baseUrl,
        storageState: await context.storageState(),
        viewport: { width: 390, height: 700 },
        hasTouch: true,
        isMobile: true,
      });
      const small = await phone.newPage();
      await small.goto('/');
      await box(small).waitFor();
      expect(await small.evaluate(() => document.activeElement?.tagName)).not.toBe('TEXTAREA');
      await box(small).fill('one');
      await box(small).press('Enter');
      await box(small).pressSequentially('two');
      expect(await box(small).inputValue()).toBe('one\ntwo');
      await small.getByRole('button', { name: 'Send' }).tap();
      await small.waitForURL(/\/c\//);
      expect(await small.evaluate(() => document.activeElement?.tagName)).not.toBe('TEXTAREA');
      await phone.close();
    });

    it('shows what the administrator tells everybody, until it is dismissed', async () => {
      const banner = {
        id: 'b',
        type: 'warning',
        title: 'Tonight',
        content: 'We are **away**.',
        dismissible: true,
        timestamp: 1,
      };
      const publish = (banners: object[]) =>
        page.evaluate(async (banners) => {
          const headers = { 'content-type': 'application/json' };
          const init = { method: 'POST', headers, body: JSON.stringify({ banners }) };
          return (await fetch('/api/v1/configs/banners', init)).status;
        }, banners);
      const lasting = { id: 'c', type: 'info', content: 'We are back.', dismissible: false, timestamp: 1 };
      expect(await publish([banner, lasting])).toBe(200);
      const told = page.getByRole('region', { name: 'Notices' }).locator('strong', { hasText: 'away' });
      await expect
        .poll(
          async () => {
            await page.reload();
            // What shows Markdown comes a moment later.
            return told.waitFor({ timeout: 5_000 }).then(
              () => 'told',
              () => undefined,
            );
          },
          { timeout: 30_000 },
        )
        .toBe('told');
      await page.getByRole('button', { name: 'Dismiss Tonight' }).click();
      await page.reload();
      await page.getByText('We are back.').waitFor();
      expect(await page.getByText('Tonight').count()).toBe(0);
      expect(await publish([])).toBe(200);
    });

    it('follows the system’s colours and its wish for less motion while it is open', async () => {
      await page.route('**/api/chat/completions', () => undefined);
      await box().fill('Wait');
      await box().press('Enter');
      const caret = () =>
        page.locator('.waiting').evaluate((element) => getComputedStyle(element, '::after').animationName);
      await page.locator('.waiting').waitFor();
      expect(await caret()).toBe('blink');
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
      expect(await caret()).toBe('none');
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
      await page.emulateMedia({ reducedMotion: 'no-preference', colorScheme: 'light' });
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    });

    it('has the whole row for a title, and asks for the list of chats once for an answer', async () => {
      await page.evaluate(async () => {
        const headers = { 'content-type': 'application/json' };
        for (let at = 0; at < 65; at++) {
          const chat = { title: `Chat ${at}`, history: { currentId: null, messages: {} } };
          await fetch('/api/v1/chats/new', { method: 'POST', headers, body: JSON.stringify({ chat }) });
        }
      });
      await page.reload();
      // The end of the list is seen: older ones come by themselves.
      await page.getByRole('button', { name: 'Older chats' }).evaluate((button) => button.scrollIntoView());
      await page.getByRole('link', { name: 'Chat 1', exact: true }).waitFor({ state: 'attached' });
      const lists: string[] = [];
      page.on('request', (request) => {
        const { pathname, searchParams } = new URL(request.url());
        if (/^\/api\/v1\/chats\/?(?:list)?$/.test(pathname)) lists.push(searchParams.get('page') ?? '');
      });
      await box().fill('Hello you');
      await box().press('Enter');
      await page.waitForURL(/\/c\//);
      await ended();
      const title = page.getByRole('link', { name: 'A title that is as long as titles may be' }).first();
      await title.waitFor();
      await page.waitForTimeout(1_000);
      expect(lists.every((number) => number === '1')).toBe(true);
      expect(lists.length).toBeLessThanOrEqual(4);
      expect(await page.getByRole('link', { name: 'Chat 1', exact: true }).count()).toBe(1);
      const [row, text] = await Promise.all([title.boundingBox(), title.locator('.chat-title').boundingBox()]);
      expect(text!.width).toBeGreaterThan(row!.width - 24);
    });

    it('forgets what was typed at the end of the session', async () => {
      await box().fill('Half a thought');
      await page.reload();
      await expect.poll(() => box().inputValue()).toBe('Half a thought');
      await box().fill('Half a thought, and more');
      await chooseOfAccount(page, 'Sign out');
      await page.getByRole('heading', { name: 'Sign in to Perennial' }).waitFor();
      const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('draft:')));
      await expect.poll(kept).toEqual([]);
    });
  });
}
