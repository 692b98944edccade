import { factOf } from '@perennial/testing/documents';
import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/accounts';
import { launchFirefox, noFirefox } from '../support/firefox';
import { answerEnded, chooseOfAccount, chosenModel, keepChat } from '../support/page';
import { watchSeam } from '../support/page-seam';
import { QUOTING_MODEL } from '../support/quoting-model';
import { FOR_A_WHILE, type PageSystem } from './page-system';

const FACT = factOf(40);

/**
 * The ten journeys that people make most, each in the page that the one before has left:
 *
 * 1. sign in, choose a model by keyboard, and read an answer as it comes
 * 2. stop an answer; its text and a draft are there after a reload
 * 3. edit a question, try again with another model, and step between versions
 * 4. copy an answer and its code
 * 5. attach a file, ask about it, and open a citation at its passage
 * 6. find a chat, rename it, delete it, and undo that
 * 7. go back to the place in a long chat
 * 8. change the theme and the language
 * 9. read on while the gateway dies
 * 10. look at the documents, and sign out
 *
 * All of them are made in Chromium too, by the other suites.
 */
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

    async function keepAnswer(content: string): Promise<void> {
      const question = { id: 'q', parentId: null, role: 'user', content: 'What is it?' } as const;
      const answer = { id: 'a', parentId: 'q', role: 'assistant', content } as const;
      await page.goto(`/c/${await keepChat(page, 'Kept', [question, answer])}`);
      await last().locator('.markdown').waitFor();
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
      await last().getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name: 'Try again with another model' }).click();
      await page.getByRole('combobox', { name: 'Search models' }).pressSequentially('shout');
      await page.getByRole('option', { name: 'shout', selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await last().getByRole('group', { name: 'Version 2 of 2' }).waitFor();
      await answerEnded(page);
      await expect.poll(shown).toBe('IN SHORT');
      await last().getByRole('group', { name: 'Version 2 of 2' }).getByRole('button', { name: 'Previous' }).click();
      await expect.poll(shown).toBe('In short');
      await page
        .getByRole('group', { name: 'Version 2 of 2' })
        .first()
        .getByRole('button', { name: 'Previous' })
        .click();
      await expect.poll(shown).not.toBe('In short');
    });

    it('copies an answer as rich text too, and its code as code', async () => {
      const code = 'const heron = 1;\nconst stork = 2;';
      await keepAnswer(`So **bold**\n\n\`\`\`ts\n${code}\n\`\`\``);
      await page.evaluate(() => {
        document.addEventListener('paste', ({ clipboardData }) =>
          Object.assign(window, { pasted: clipboardData?.getData('text/html') }),
        );
      });
      const paste = async () => {
        await box().press('Control+A');
        await box().press('Control+V');
        return box().inputValue();
      };
      const copies = [last().getByRole('group', { name: 'Answer' }), last().locator('.code-head')] as const;
      await copies[0].getByRole('button', { name: 'Copy' }).click();
      await copies[0].getByRole('button', { name: 'Copied' }).waitFor();
      expect(await paste()).toBe(`So **bold**\n\n\`\`\`ts\n${code}\n\`\`\``);
      expect(await page.evaluate(() => Reflect.get(window, 'pasted') as string)).toMatch(/<strong[^>]*>bold<\/strong>/);
      await copies[1].getByRole('button', { name: 'Copy' }).click();
      await copies[1].getByRole('button', { name: 'Copied' }).waitFor();
      expect(await paste()).toBe(code);
      await box().press('Control+A');
      await box().press('Delete');
    });

    it('asks about an attached file, and opens a citation at its passage', async () => {
      await page.goto('/');
      await page.getByRole('button', { name: /^Model: / }).click();
      await page.getByRole('combobox', { name: 'Search models' }).pressSequentially(QUOTING_MODEL);
      await page.getByRole('option', { name: QUOTING_MODEL, selected: true }).waitFor();
      await page.keyboard.press('Enter');
      const buffer = Buffer.from(`Some words.\n\n${FACT.sentence}\n`);
      const file = { name: 'note.txt', mimeType: 'text/plain', buffer };
      await page.locator('.composer input[type=file]').setInputFiles(file);
      const attached = page.getByRole('list', { name: 'Attached' }).locator('li', { hasText: 'note.txt' });
      await attached.and(page.locator('[data-state=ready]')).waitFor();
      await say(FACT.question);
      await answerEnded(page);
      await last().locator('li', { hasText: FACT.sentence }).getByRole('button', { name: 'note.txt' }).press('Enter');
      const source = page.getByRole('dialog');
      await source.locator('figure', { hasText: FACT.answer }).waitFor();
      await page.keyboard.press('Escape');
      await source.waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('citation');
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

    it('changes its colours and its language at once, and has both after a reload', async () => {
      const look = () =>
        page.evaluate(() => {
          const { lang, dir, dataset } = document.documentElement;
          return [lang, dir, dataset.theme, getComputedStyle(document.body).colorScheme];
        });
      const change = async (settings: string, theme: string, value: string, language: string, to: string) => {
        const dialog = page.getByRole('dialog', { name: settings });
        await dialog.getByRole('combobox', { name: theme }).selectOption(value);
        await dialog.getByRole('combobox', { name: language }).selectOption(to);
      };
      await page.goto('/settings/look');
      await change('Settings', 'Colours', 'dark', 'Language', 'ar');
      await page.getByRole('dialog', { name: 'الإعدادات' }).waitFor();
      const dark = ['ar', 'rtl', 'dark', 'dark'];
      expect(await look()).toEqual(dark);
      await page.reload();
      await page.getByRole('dialog', { name: 'الإعدادات' }).waitFor();
      expect(await look()).toEqual(dark);
      await change('الإعدادات', 'الألوان', '', 'اللغة', 'en');
      await page.getByRole('dialog', { name: 'Settings' }).waitFor();
      await page.keyboard.press('Escape');
    });

    it('reads on without a seam, and without a word of it, while the gateway dies', async () => {
      await page.goto('/?models=echo-two');
      await say('For a while');
      await last().locator('.markdown').filter({ hasText: 'Word20 ' }).waitFor();
      const seen = await watchSeam(page);
      const killedAt = Date.now();
      await system.killGateway();
      expect((await shown())?.length).toBeLessThan(FOR_A_WHILE.length);
      await answerEnded(page);
      expect(await shown()).toBe(FOR_A_WHILE);
      const { said, torn } = await seen();
      expect(torn).toEqual([]);
      expect(said.filter(({ at }) => at < killedAt + 3_000)).toEqual([]);
    });

    it('shows the documents, and signs out', async () => {
      await page.getByRole('link', { name: 'Knowledge' }).click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await chooseOfAccount(page, 'Sign out');
      await page.getByRole('heading', { name: 'Sign in to Perennial' }).waitFor();
    });
  });
}
