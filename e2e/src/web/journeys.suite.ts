import type { BrowserContext, Locator, Page, WebSocketRoute } from '@playwright/test';
import { afterEach, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/accounts';
import { answerEnded } from '../support/page';
import type { PageSystem } from './page-system';

/** Steps of the keyboard until something has the focus: more than there are controls on a page. */
const MOST_STEPS = 60;

/** From one end to the other, as people go who have no mouse. */
export function journeys(system: PageSystem): void {
  describe('a journey through the page', () => {
    let context: BrowserContext;
    let page: Page;

    afterEach(() => context?.close());

    const box = () => page.getByLabel('Message', { exact: true });
    const answer = () => page.locator('.message-assistant').last();
    const shown = async () => (await answer().locator('.markdown').textContent())?.trim();

    async function stepTo(target: Locator, key: 'Tab' | 'Shift+Tab' | 'ArrowDown' = 'Tab'): Promise<void> {
      for (let step = 0; step < MOST_STEPS; step++) {
        if (await target.evaluate((element) => element === document.activeElement)) return;
        await page.keyboard.press(key);
      }
      throw new Error(`${key} does not lead to ${String(target)}.`);
    }

    async function write(text: string): Promise<void> {
      await page.keyboard.press('Control+A');
      await page.keyboard.type(text);
      await page.keyboard.press('Enter');
    }

    async function chooseOfMenu(button: Locator, name: string): Promise<void> {
      await stepTo(button);
      await page.keyboard.press('Enter');
      await page.locator('[role=menuitem]:focus').waitFor();
      await stepTo(page.getByRole('menuitem', { name }), 'ArrowDown');
      await page.keyboard.press('Enter');
    }

    it('needs no mouse: signs in, asks, stops, edits, changes branches, finds, sets and signs out', async () => {
      const { email } = await system.add('keyboard');
      context = await system.browser.newContext({ baseURL: system.baseUrl });
      page = await context.newPage();
      await page.addInitScript(() => {
        for (const kind of ['pointerdown', 'mousedown', 'touchstart'])
          addEventListener(kind, () => sessionStorage.setItem('pointed', kind), { capture: true });
      });
      await page.goto('/');
      await stepTo(page.getByRole('textbox', { name: 'E-mail' }));
      await page.keyboard.type(email);
      await stepTo(page.getByLabel('Password'));
      await write('wrong');
      await page.getByRole('alert').waitFor();
      await stepTo(page.getByLabel('Password'));
      await write(PASSWORD);
      await page.getByText('What is on your mind?').waitFor();

      await stepTo(box());
      await write('At length');
      await answer().getByText('Word 5 of a long answer.').waitFor();
      await page.keyboard.press('Escape');
      await answer().getByText('Stopped.').waitFor();
      await answerEnded(page);
      const stopped = await shown();

      await stepTo(page.locator('.message-user').getByRole('button', { name: 'Edit' }), 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('textbox', { name: 'Edit the question' }).and(page.locator(':focus')).waitFor();
      await write('A fritillary');
      const version = (place: number) => page.getByRole('group', { name: `Version ${place} of 2` }).first();
      await version(2).waitFor();
      await answerEnded(page);
      await expect.poll(shown).toBe('A fritillary');
      await stepTo(version(2).getByRole('button', { name: 'Previous version' }), 'Shift+Tab');
      await page.keyboard.press('Enter');
      await version(1).waitFor();
      await expect.poll(shown).toBe(stopped);

      await page.keyboard.press('Control+Shift+O');
      await page.getByText('What is on your mind?').waitFor();
      await page.keyboard.press('Control+K');
      await page.getByRole('combobox', { name: 'Search chats and commands' }).waitFor();
      await page.keyboard.type('fritillary');
      await page.getByRole('option', { name: /A fritillary/, selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(shown).toBe('A fritillary');

      const account = page.getByRole('button', { name: /^Account of/ });
      await chooseOfMenu(account, 'Settings');
      const settings = page.getByRole('dialog', { name: 'Settings' });
      await stepTo(settings.getByRole('combobox', { name: 'Colours' }));
      await page.keyboard.type('Dark');
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
      await page.keyboard.press('Escape');
      await settings.waitFor({ state: 'detached' });
      await chooseOfMenu(account, 'Sign out');
      await page.getByRole('heading', { name: 'Sign in to Perennial' }).waitFor();
      expect(await page.evaluate(() => sessionStorage.getItem('pointed'))).toBeNull();
    });

    it('goes on without a line for a minute: three messages wait in their order, and each is sent once', async () => {
      context = await system.person('offline');
      page = await context.newPage();
      const sockets = new Set<WebSocketRoute>();
      await page.routeWebSocket(/socket\.io/, (socket) => {
        sockets.add(socket);
        socket.connectToServer();
      });
      await page.clock.install();
      await page.goto('/');
      const questions = page.locator('.message-user');
      const ask = async (text: string) => {
        await box().fill(text);
        await box().press('Enter');
      };
      await ask('Before');
      await answerEnded(page);
      await context.setOffline(true);
      for (const socket of sockets) await socket.close();
      await page.getByText('Connection lost.').waitFor();

      await ask('One');
      await questions.getByText('One', { exact: true }).waitFor();
      await ask('Two');
      await ask('Three');
      const waiting = page.getByRole('group', { name: 'Sent after this answer' });
      await expect.poll(() => waiting.getByRole('listitem').allTextContents()).toHaveLength(2);
      await page.clock.fastForward(60_000);
      expect(await waiting.getByRole('listitem').first().textContent()).toContain('Two');
      expect(await questions.count()).toBe(2);

      await context.setOffline(false);
      await page.getByText('Connected again.').waitFor();
      await expect.poll(() => page.locator('.message-assistant .markdown').allTextContents()).toHaveLength(4);
      await answerEnded(page);
      await page.reload();
      await answerEnded(page);
      const texts = async () => [
        await questions.locator('.question').allTextContents(),
        (await page.locator('.message-assistant .markdown').allTextContents()).map((text) => text.trim()),
      ];
      const each = ['Before', 'One', 'Two', 'Three'];
      await expect.poll(texts).toEqual([each, each]);
    });

    it('is one person in two browsers, and another one in a third, who sees nothing of it', async () => {
      context = await system.person('at-home');
      const storageState = await context.storageState();
      const office = await system.browser.newContext({ baseURL: system.baseUrl, storageState });
      const stranger = await system.person('stranger');
      try {
        page = await context.newPage();
        const [there, theirs] = await Promise.all([office.newPage(), stranger.newPage()]);
        await Promise.all([page, there, theirs].map((each) => each.goto('/')));
        await box().fill('At length');
        await box().press('Enter');
        await page.waitForURL(/\/c\//);
        const path = new URL(page.url()).pathname;
        const row = (of: Page) => of.locator(`.chat-list a[href="${path}"]`);
        await row(there).click();
        const word = there.locator('.message-assistant').getByText('Word 5 of a long answer.').first();
        await word.waitFor();
        await there.getByRole('button', { name: 'Stop', exact: true }).click();
        await answer().getByText('Stopped.').waitFor();
        await Promise.all([answerEnded(page), answerEnded(there)]);
        expect((await there.locator('.message-assistant .markdown').textContent())?.trim()).toBe(await shown());

        await theirs.getByText('No chats yet.').waitFor();
        await theirs.goto(path);
        await theirs.getByText('There is no such chat, or it is not yours.').waitFor();
        expect(await row(theirs).count()).toBe(0);

        await row(page).focus();
        await page.keyboard.press('F2');
        await page.getByLabel('Title of the chat').fill('Two desks');
        await page.keyboard.press('Enter');
        await row(there).filter({ hasText: 'Two desks' }).waitFor();
      } finally {
        await Promise.all([office.close(), stranger.close()]);
      }
    });

    it('takes a file along with the question that it is attached to, and with no later one', async () => {
      context = await system.person('attaches');
      page = await context.newPage();
      const sent: string[] = [];
      page.on('request', (request) => {
        if (request.method() === 'POST' && new URL(request.url()).pathname === '/api/chat/completions')
          sent.push(request.postData() ?? '');
      });
      await page.goto('/');
      const buffer = Buffer.from('The heron winters in the south.');
      await page
        .locator('.composer input[type=file]')
        .setInputFiles({ name: 'herons.txt', mimeType: 'text/plain', buffer });
      const attached = page.getByRole('list', { name: 'Attached' }).locator('li', { hasText: 'herons.txt' });
      await attached.and(page.locator('[data-state=ready]')).waitFor();
      for (const question of ['With a file', 'Without one']) {
        await box().fill(question);
        await box().press('Enter');
        await page.locator('.message-user').getByText(question).waitFor();
        await answerEnded(page);
      }
      expect(sent.map((body) => body.includes('herons.txt'))).toEqual([true, false]);
      await page.reload();
      await page.locator('.message-user').nth(1).waitFor();
      expect(await page.locator('.message-user').getByText('herons.txt').count()).toBe(1);
    });
  });
}
