import type { BrowserContext, Page, Route } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/accounts';
import { answerEnded, chooseModel, chooseOfAccount, chosenModel, keepChat } from '../support/page';
import { violations } from '../support/page-checks';
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

    it('tells how full the context is when the model and its answer say it, and warns before the end', async () => {
      const meter = page.getByRole('meter', { name: 'Context' });
      await chooseModel(page, 'shout');
      await box().fill('x'.repeat(400));
      await box().press('Enter');
      await page.waitForURL(/\/c\//);
      await ended();
      await meter.waitFor();
      expect(await meter.getAttribute('aria-valuenow')).toBe('40');
      const words = page.getByText('40% of what the model can take in is used: 400 of 1,000 tokens');
      expect(await words.isVisible()).toBe(false);
      await meter.focus();
      await words.waitFor();
      await box().fill('y'.repeat(801));
      await box().press('Enter');
      await page.locator('.message-assistant').nth(1).waitFor();
      await page.getByRole('status').getByText('80% of what the model can take in is used.').waitFor();
      expect(await violations(page)).toEqual([]);
      // Of this one nobody has said it.
      await chooseModel(page, 'echo-two');
      await meter.waitFor({ state: 'detached' });
    });

    it('shows a question at once, sends it when the line is back, and gives its text back to who does not wait', async () => {
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
      await page.getByText('The server cannot be reached.').waitFor();
      await page.getByRole('button', { name: 'Take back' }).click();
      await page.locator('.message-user').waitFor({ state: 'detached' });
      await expect.poll(() => box().inputValue()).toBe('Is anybody there?');
      await box().press('Enter');
      await expect.poll(() => held.length).toBe(2);
      const keys = () => held.map((route) => route.request().headers()['idempotency-key']);
      await held[1]?.fulfill({ status: 503, headers: { 'retry-after': '60' }, json: { detail: 'Full.' } });
      await page.getByText(/^in (60|59) seconds$/).waitFor();
      await page.getByRole('button', { name: 'Send now' }).click();
      await expect.poll(() => held.length).toBe(3);
      await held[2]?.abort();
      // It is sent again by itself, as the same message.
      await expect.poll(() => held.length, { timeout: 10_000 }).toBe(4);
      expect([keys()[1], keys()[2]]).toEqual([keys()[3], keys()[3]]);
      await page.locator('.message-user').waitFor();
      // The page that is opened by the first message is not another one: what is typed meanwhile stays, and what is sent follows in its turn.
      await box().pressSequentially('And then');
      await box().press('Enter');
      await page.getByRole('group', { name: 'Sent after this answer' }).getByText('And then').waitFor();
      await box().pressSequentially('Half a thought');
      isHolding = false;
      await held[3]?.continue();
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

    it('goes on where it was when the session has ended and its person signs in again', async () => {
      const theirs = await system.person('ended');
      const other = await theirs.newPage();
      await other.goto('/');
      await other.getByText('What is on your mind?').waitFor();
      await box(other).fill('Half a thought');
      expect(await other.evaluate(async () => (await fetch('/api/v1/auths/signout', { method: 'POST' })).status)).toBe(
        200,
      );
      await box(other).press('Enter');
      const dialog = other.getByRole('dialog', { name: 'Your session has ended' });
      await dialog.waitFor();
      expect(await dialog.getByLabel('E-mail').inputValue()).toBe('ended@example.com');
      expect(await violations(other)).toEqual([]);
      await other.keyboard.press('Escape');
      await dialog.getByLabel('Password').fill('wrong');
      await other.keyboard.press('Enter');
      await dialog.getByRole('alert').waitFor();
      await dialog.getByLabel('Password').fill(PASSWORD);
      await other.keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      // The message that was refused is sent by itself.
      await other.waitForURL(/\/c\//);
      await answerEnded(other);

      // The picture is there at once and after a reload; what is no picture changes nothing.
      await other.goto('/settings/account');
      const settings = other.getByRole('dialog', { name: 'Settings' });
      const choose = (buffer: Buffer) =>
        settings.locator('input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer });
      await choose(Buffer.from('no picture'));
      await settings.getByRole('alert').getByText('This file is not a picture').waitFor();
      await choose(await other.screenshot());
      const width = () =>
        other.locator('.account-button img').evaluate((image: HTMLImageElement) => image.naturalWidth);
      await settings.getByRole('button', { name: 'Remove the picture' }).waitFor();
      await expect.poll(width).toBe(192);
      await other.reload();
      await expect.poll(width).toBe(192);

      // Another password ends the session; what was typed of it does not stay on the page.
      const change = async (present: string) => {
        await settings.getByLabel('Present password').fill(present);
        await settings.getByLabel('New password', { exact: true }).fill('another good password');
        await settings.getByLabel('New password, once more').fill('another good password');
        await settings.getByRole('button', { name: 'Change the password' }).click();
      };
      await change('wrong');
      await settings.getByRole('alert').getByText('The current password is not right').waitFor();
      await change(PASSWORD);
      await dialog.getByLabel('Password').fill('another good password');
      await other.keyboard.press('Enter');
      await dialog.waitFor({ state: 'detached' });
      await settings.getByRole('status').getByText('The password is changed.').waitFor();
      expect(await settings.getByLabel('New password', { exact: true }).inputValue()).toBe('');
      await theirs.close();
    });

    it('asks the first model when a message is sent before the models are listed', async () => {
      const held: Route[] = [];
      await page.route('**/api/models?*', (route) => void held.push(route));
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

    it('sends as the reader has set it, on all her pages, and takes it back', async () => {
      await page.goto('/settings/chat');
      const dialog = page.getByRole('dialog', { name: 'Settings' });
      await dialog.getByLabel('Send with').selectOption('Ctrl+Enter');
      await page.getByText('Saved: Send with').waitFor();
      expect(await violations(page)).toEqual([]);
      await dialog.getByLabel('Find a setting').fill('picture avatar');
      await dialog.getByRole('heading', { name: 'Account' }).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(new URL(page.url()).pathname).toBe('/');
      await box().fill('One');
      await box().press('Enter');
      expect(await box().inputValue()).toBe('One\n');
      const elsewhere = await context.newPage();
      await elsewhere.goto('/');
      await box(elsewhere).fill('Two');
      await box(elsewhere).press('Control+Enter');
      await elsewhere.waitForURL(/\/c\//);
      await elsewhere.goto('/settings/chat');
      await elsewhere.getByLabel('Send with').selectOption('Enter');
      await elsewhere.getByText('Saved: Send with').waitFor();
      const saved = () =>
        elsewhere.evaluate(async () => (await (await fetch('/api/v1/users/user/settings')).json()) as { ui: object });
      await expect.poll(saved).toEqual({ ui: {} });
      await elsewhere.close();
      await box().fill('');
    });

    it('takes pictures and long texts along, keeps them over a reload, and shows a sent picture larger', async () => {
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.setData('text/plain', 'A long text. '.repeat(1_000));
        const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector('#composer')?.dispatchEvent(paste);
      });
      const asText = page.getByRole('button', { name: 'Put back as text' });
      await asText.waitFor();
      const buffer = await page.screenshot();
      await page.locator('.composer input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer });
      await page.getByRole('img', { name: 'a.png' }).waitFor();
      await asText.click();
      await expect.poll(async () => (await box().inputValue()).length).toBe(13_000);
      await box().fill('What is it?');
      await page.locator('.composer input[type=file]').setInputFiles({ name: 'b.png', mimeType: 'image/png', buffer });
      await page.getByRole('button', { name: 'Remove b.png' }).click();
      // At once: the page that is left keeps what was written, and what was removed does not come back.
      await page.reload();
      await page.getByRole('img', { name: 'a.png' }).waitFor();
      expect(await page.getByRole('img', { name: 'b.png' }).count()).toBe(0);
      await page.getByRole('button', { name: 'Add to the message' }).press('Enter');
      await page.getByRole('menuitem', { name: 'Instructions and parameters' }).click();
      await page.getByLabel('Instructions for this chat').fill('Be brief.');
      await page.getByRole('button', { name: 'Save' }).click();
      await box().press('Enter');
      await page.waitForURL(/\/c\//);
      await ended();
      await page.getByRole('button', { name: 'Open picture 1' }).click();
      const shown = page.getByRole('dialog', { name: 'Picture 1' }).getByRole('img');
      await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
      expect(await shown.getAttribute('src')).toMatch(/^\/api\/v1\/files\//);
      await page.keyboard.press('Escape');
      await page.reload();
      await page.getByRole('button', { name: 'Add to the message' }).press('Enter');
      await page.getByRole('menuitem', { name: 'Instructions and parameters' }).click();
      expect(await page.getByLabel('Instructions for this chat').inputValue()).toBe('Be brief.');
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

    it('offers commands, models and what can go with a message at the caret, and keys stay the box’s own otherwise', async () => {
      await keepChat(page, 'About herons', [
        { id: 'q', parentId: null, role: 'user', content: 'Do they stay?' },
        { id: 'a', parentId: 'q', role: 'assistant', content: 'They **stay**.' },
      ]);
      const offered = page.locator('.caret-list').getByRole('option');
      await box().pressSequentially('/mod');
      await offered.filter({ hasText: 'Choose a model' }).waitFor();
      expect(await violations(page)).toEqual([]);
      // An input method confirms a word: nothing is chosen, nothing is sent.
      await box().evaluate((field) => {
        const press = { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true };
        field.dispatchEvent(new KeyboardEvent('keydown', press));
      });
      await box().press('Enter');
      await page.getByRole('dialog', { name: 'Choose a model' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await box().inputValue()).toBe('');
      await box().pressSequentially('See #herons');
      await offered.filter({ hasText: 'About herons' }).and(page.locator('[aria-selected=true]')).waitFor();
      await box().press('Enter');
      await page.getByRole('list', { name: 'Attached' }).getByText('About herons.md').waitFor();
      expect(await box().inputValue()).toBe('See ');
      await box().pressSequentially('with @sho');
      await offered.filter({ hasText: 'shout' }).waitFor();
      await box().press('Enter');
      await expect.poll(() => chosenModel(page)).toBe('shout');
      await box().pressSequentially('@');
      await expect.poll(() => offered.count()).toBeGreaterThan(5);
      // Of 1,303 models only those in view are elements.
      expect(await offered.count()).toBeLessThan(40);
      const named = async () => (await box().getAttribute('aria-activedescendant')) ?? '';
      const first = await named();
      await box().press('ArrowDown');
      await expect.poll(named).not.toBe(first);
      await box().press('Escape');
      await offered.first().waitFor({ state: 'detached' });
      expect([await named(), await box().inputValue()]).toEqual(['', 'See with @']);
      // An address and a path ask for nothing: Enter sends them.
      await box().fill('');
      await page.getByRole('button', { name: 'Remove About herons.md' }).click();
      await box().pressSequentially('/usr/bin me@example.com C#');
      expect(await offered.count()).toBe(0);
      await box().press('Enter');
      await page.locator('.message-user', { hasText: '/usr/bin' }).waitFor();
      await ended();
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
