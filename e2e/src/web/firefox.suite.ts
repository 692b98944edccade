import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/accounts';
import { launchFirefox, noFirefox } from '../support/firefox';
import { answerEnded, chooseOfAccount, chosenModel, keepChat } from '../support/page';
import type { PageSystem } from './page-system';

/** What people do most, each in the page that the one before has left. */
export function inFirefox(system: PageSystem): void {
  describe.skipIf(noFirefox)('in Firefox', () => {
    let browser: Browser;
    let page: Page;
    let account: { email: string };

    beforeAll(async () => {
      [browser, account] = await Promise.all([launchFirefox(), system.add('firefox')]);
      page = await browser.newPage({ baseURL: system.baseUrl });
    });

    afterAll(() => browser?.close());

    const box = () => page.getByLabel('Message', { exact: true });
    const last = () => page.locator('.message-assistant').last();
    const shown = async () => (await last().locator('.markdown').textContent())?.trim();
    const row = (title: string) => page.locator('.chat-list').getByRole('link', { name: title, exact: true });

    /** Typed key by key: what the driver fills in at once, this page does not notice. */
    async function say(text: string): Promise<void> {
      const answers = await page.locator('.message-assistant').count();
      await box().pressSequentially(text);
      await box().press('Enter');
      await page.locator('.message-assistant').nth(answers).waitFor();
    }

    it('signs in, chooses a model, and reads an answer as it comes', async () => {
      await page.goto('/');
      await page.getByLabel('E-mail').fill(account.email);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('What is on your mind?').waitFor();
      await page.getByRole('button', { name: /^Model: / }).click();
      await page.getByRole('combobox', { name: 'Search models' }).pressSequentially('echo-tw');
      await page.getByRole('option', { name: 'echo-two', selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(() => chosenModel(page)).toBe('echo-two');
      await say('Hello there');
      await answerEnded(page);
      expect(await shown()).toBe('Hello there');
      expect(new URL(page.url()).pathname).toMatch(/^\/c\//);
    });

    it('stops a long answer with Escape, and has all of it, and what was typed, after a reload', async () => {
      await say('At length');
      await page.waitForFunction(
        () => ([...document.querySelectorAll('.markdown')].at(-1)?.textContent?.length ?? 0) > 200,
      );
      await page.keyboard.press('Escape');
      await last().getByText('Stopped.').waitFor();
      await answerEnded(page);
      const kept = await shown();
      await box().pressSequentially('Half a thought');
      await page.reload();
      await expect.poll(() => box().inputValue()).toBe('Half a thought');
      await expect.poll(shown).toBe(kept);
      await box().press('Control+A');
      await box().press('Delete');
    });

    it('asks an edited question, tries again with another model, and steps between versions', async () => {
      const question = page.locator('.message-user').last();
      await question.hover();
      await question.getByRole('button', { name: 'Edit' }).click();
      await page.getByLabel('Edit the question').press('Control+A');
      await page.getByLabel('Edit the question').pressSequentially('In short');
      await page.getByLabel('Edit the question').press('Enter');
      await page.getByRole('group', { name: 'Version 2 of 2' }).first().waitFor();
      await answerEnded(page);
      await expect.poll(shown).toBe('In short');
      await last().getByRole('button', { name: 'Try again' }).click();
      await last().getByRole('group', { name: 'Version 2 of 2' }).waitFor();
      await answerEnded(page);
      await page
        .getByRole('group', { name: 'Version 2 of 2' })
        .first()
        .getByRole('button', { name: 'Previous' })
        .click();
      await expect.poll(shown).not.toBe('In short');
    });

    it('finds a chat by its words, renames it, and deletes it with the time to undo', async () => {
      await keepChat(page, 'Herons', [{ id: 'q', parentId: null, role: 'user', content: 'Where do they winter?' }]);
      await row('Herons').waitFor();
      await page.keyboard.press('Control+K');
      await page.getByRole('combobox', { name: 'Search chats and commands' }).pressSequentially('winter');
      await page.getByRole('option', { name: /Herons/, selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.question', { hasText: 'Where do they winter?' }).waitFor();
      await row('Herons').focus();
      await page.keyboard.press('F2');
      await page.getByLabel('Title of the chat').press('Control+A');
      await page.getByLabel('Title of the chat').pressSequentially('Storks');
      await page.getByLabel('Title of the chat').press('Enter');
      await row('Storks').focus();
      await page.keyboard.press('Delete');
      await row('Storks').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Undo' }).click();
      await row('Storks').waitFor();
    });

    it('goes back to the place in a long chat after a reload', async () => {
      const messages = Array.from({ length: 160 }, (_, nth) => ({
        id: `m${nth}`,
        parentId: nth === 0 ? null : `m${nth - 1}`,
        role: nth % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content: `Message **${nth}**. ${'Some more words. '.repeat((nth * 37) % 120)}`,
      }));
      await page.goto(`/c/${await keepChat(page, 'Long', messages)}`);
      await page.waitForFunction(() => document.querySelectorAll('[data-message]').length === 160);
      // Rectangles of rows without a layout say nothing here: only what is seen counts.
      const place = () =>
        page.evaluate(() => {
          const { left, top, width } = document.querySelector('.messages')!.getBoundingClientRect();
          const seen = [5, 35].map((y) =>
            document.elementFromPoint(left + width / 2, top + y)?.closest('[data-message]'),
          );
          const row = seen.find((element) => element != null);
          return row && `${row.getAttribute('data-message')} ${Math.round(row.getBoundingClientRect().top - top)}`;
        });
      await page.locator('.messages').hover();
      for (let nth = 0; nth < 30; nth++) await page.mouse.wheel(0, -500);
      // Firefox scrolls smoothly, and on a busy machine with pauses.
      let read: string | undefined;
      const isStill = async () => {
        const before = read;
        read = await place();
        return read === before;
      };
      await expect.poll(isStill, { interval: 700, timeout: 20_000 }).toBe(true);
      expect(read).not.toMatch(/^m1[45]\d /);
      await page.reload();
      await expect.poll(place, { timeout: 15_000 }).toBe(read);
    });

    it('shows the documents, and signs out', async () => {
      await page.getByRole('link', { name: 'Knowledge' }).click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await chooseOfAccount(page, 'Sign out');
      await page.getByRole('heading', { name: 'Sign in to Perennial' }).waitFor();
    });
  });
}
