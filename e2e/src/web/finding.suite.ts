import type { BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chooseModel, chooseOfAccount, chosenModel, keepChat } from '../support/page';
import { violations } from '../support/page-checks';
import type { PageSystem } from './page-system';

export function finding(system: PageSystem): void {
  describe('finding chats and models on the page', () => {
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      context = await system.person('finding');
    });

    afterAll(() => context?.close());

    beforeEach(async () => {
      page = await context.newPage();
      await page.goto('/');
      await page.getByText('What is on your mind?').waitFor();
    });

    afterEach(() => page.close());

    /** Stores a chat with one question, and shows the list with it. */
    async function keep(title: string, text = 'A question'): Promise<string> {
      const id = await keepChat(page, title, [{ id: 'q', parentId: null, role: 'user', content: text }]);
      await row(title).waitFor();
      return id;
    }

    const row = (title: string, of = page) =>
      of.getByRole('navigation', { name: 'Chats' }).getByRole('link', { name: title, exact: true });
    const titles = () => page.locator('.chat-list .chat-title').allTextContents();
    const stored = (id: string) =>
      page.evaluate(async (id) => {
        const reply = await fetch(`/api/v1/chats/${id}`);
        return reply.ok ? ((await reply.json()) as { title: string }).title : reply.status;
      }, id);

    it('lists chats by day, and renames one in its place, by keyboard or menu', async () => {
      const id = await keep('Old name');
      await page.getByRole('region', { name: 'Today' }).getByRole('link', { name: 'Old name' }).waitFor();
      await row('Old name').focus();
      await page.keyboard.press('F2');
      const field = page.getByLabel('Title of the chat');
      await field.fill('Not this');
      await page.keyboard.press('Escape');
      await row('Old name').waitFor();
      await page.getByRole('button', { name: 'Actions for Old name' }).press('Enter');
      await page.getByRole('menuitem', { name: 'Rename' }).click();
      await field.fill('New name');
      await field.press('Enter');
      await row('New name').waitFor();
      await expect.poll(() => stored(id)).toBe('New name');
      await page.route('**/api/v1/chats/*', (route) =>
        route.request().method() === 'POST' ? route.abort() : route.fallback(),
      );
      await row('New name').focus();
      await page.keyboard.press('F2');
      await field.fill('Never stored');
      await field.press('Enter');
      await page.getByRole('status').getByText('The chat was not renamed.').waitFor();
      await row('New name').waitFor();
    });

    it('marks a chat whose answer ended unseen, in the list and in the title of the window, until it is read, and with a sound if it is wanted', async () => {
      await page.addInitScript(() => {
        const { start } = OscillatorNode.prototype;
        const seen = Object.assign(window, { notes: 0, isAway: false });
        OscillatorNode.prototype.start = function (when) {
          seen.notes += 1;
          start.call(this, when);
        };
        document.hasFocus = () => !seen.isAway;
      });
      const notes = () => page.evaluate(() => (window as unknown as { notes: number }).notes);
      await page.goto('/settings/chat');
      await page.getByLabel('A sound when an answer is finished').selectOption('On');
      await page.getByText('Saved: A sound when an answer is finished').waitFor();
      expect(await notes()).toBe(2);
      await page.keyboard.press('Escape');
      await chooseModel(page, 'echo');
      await page.getByLabel('Message', { exact: true }).fill('Tell me');
      await page.getByLabel('Message', { exact: true }).press('Enter');
      await page.evaluate(() => Object.assign(window, { isAway: true }));
      await page.waitForURL(/\/c\//);
      await page.getByRole('link', { name: 'New chat' }).first().click();
      const unread = page.getByRole('link', { name: /\(unread\)$/ });
      await unread.waitFor();
      await expect.poll(notes).toBe(4);
      await expect.poll(() => page.title()).toBe('(1) Perennial');
      await page.reload();
      await unread.click();
      await expect.poll(() => page.title()).toBe('A title that is as long as titles may be · Perennial');
      await page.getByRole('link', { name: 'New chat' }).first().click();
      await page.reload();
      await row('A title that is as long as titles may be').waitFor();
      expect(await unread.count()).toBe(0);
    });

    it('deletes a chat at once, can undo it, and does it when the page is left', async () => {
      const id = await keep('Doomed');
      await row('Doomed').click();
      await page.waitForURL(/\/c\//);
      await row('Doomed').focus();
      await page.keyboard.press('Delete');
      await row('Doomed').waitFor({ state: 'detached' });
      await page.getByText('What is on your mind?').waitFor();
      // The focus is where it can be undone.
      await page.getByRole('button', { name: 'Undo' }).waitFor();
      await page.keyboard.press('Enter');
      await row('Doomed').waitFor();
      expect(await stored(id)).toBe('Doomed');
      await row('Doomed').focus();
      await page.keyboard.press('Delete');
      await row('Doomed').waitFor({ state: 'detached' });
      expect(await stored(id)).toBe('Doomed');
      await page.goto('/favicon.svg');
      await page.goto('/');
      await expect.poll(() => stored(id)).toBe(401);
      await expect.poll(titles).not.toContain('Doomed');
    });

    it('deletes several chats at once, which can be undone, and leaves the others', async () => {
      const ids = [await keep('First of three'), await keep('Second of three'), await keep('Third of three')];
      await page.getByRole('button', { name: 'Actions for Third of three' }).press('Enter');
      await page.getByRole('menuitem', { name: 'Choose several' }).click();
      await page.locator('input:focus').waitFor();
      await page.getByRole('checkbox', { name: 'Second of three' }).check();
      const bar = page.getByRole('group', { name: 'Several chats' });
      await bar.getByText('2 chosen').waitFor();
      await page.keyboard.press('Escape');
      await bar.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Actions for Third of three' }).press('Enter');
      await page.getByRole('menuitem', { name: 'Choose several' }).click();
      await page.getByRole('checkbox', { name: 'Second of three' }).check();
      await bar.getByRole('button', { name: 'Delete' }).click();
      await row('Third of three').waitFor({ state: 'detached' });
      await row('First of three').waitFor();
      await page.getByRole('status').getByText('2 chats are deleted.').waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await row('Second of three').waitFor();
      await row('Third of three').waitFor();
      expect(await Promise.all(ids.map(stored))).toEqual(['First of three', 'Second of three', 'Third of three']);
    });

    it('pins and archives chats by key, menu and several at once, on all pages of their owner, and takes back what fails', async () => {
      const id = await keep('To pin');
      await keep('To put away');
      await keep('To put away too');
      const other = await context.newPage();
      await other.goto('/');
      const pinned = (of = page) => of.getByRole('region', { name: 'Pinned' }).getByRole('link', { name: 'To pin' });
      await row('To pin', other).waitFor();
      await row('To pin').focus();
      await page.keyboard.press('p');
      await pinned().waitFor();
      await pinned(other).waitFor();
      expect(await row('To pin').count()).toBe(1);
      await page.reload();
      await pinned().waitFor();
      await page.getByRole('button', { name: 'Actions for To pin' }).press('Enter');
      await page.getByRole('menuitem', { name: 'Take the pin away' }).click();
      await pinned().waitFor({ state: 'detached' });
      await pinned(other).waitFor({ state: 'detached' });
      await page.getByRole('region', { name: 'Today' }).getByRole('link', { name: 'To pin' }).waitFor();
      await page.route('**/api/v1/chats/*/pin', (route) => route.fulfill({ status: 503, json: { detail: 'Full.' } }));
      await row('To pin').focus();
      await page.keyboard.press('p');
      await page.getByRole('status').getByText('That was not kept. Full.').waitFor();
      await pinned().waitFor({ state: 'detached' });

      await page.goto(`/c/${id}`);
      await row('To pin').focus();
      await page.keyboard.press('e');
      await page.getByText('What is on your mind?').waitFor();
      await row('To pin', other).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Undo' }).press('Enter');
      await row('To pin').waitFor();
      await row('To pin', other).waitFor();
      await page.getByRole('button', { name: 'Actions for To put away', exact: true }).press('Enter');
      await page.getByRole('menuitem', { name: 'Choose several' }).click();
      await page.getByRole('checkbox', { name: 'To put away too' }).check();
      await page.getByRole('group', { name: 'Several chats' }).getByRole('button', { name: 'Archive' }).click();
      await row('To put away').waitFor({ state: 'detached' });
      await row('To put away too', other).waitFor({ state: 'detached' });
      await other.close();
      await chooseOfAccount(page, 'Archive');
      await page.getByRole('heading', { level: 1, name: 'Archive' }).waitFor();
      const archived = page.getByRole('list', { name: 'Archive' }).getByRole('listitem');
      await expect.poll(() => archived.count()).toBe(2);
      await page.getByRole('searchbox', { name: 'Search the archive' }).fill('too');
      await expect.poll(() => archived.count()).toBe(1);
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Bring back To put away too' }).click();
      await row('To put away too').waitFor();
      await page.getByRole('searchbox', { name: 'Search the archive' }).fill('');
      await archived.getByRole('link', { name: 'To put away' }).click();
      await page.getByText('This chat is in the archive.').waitFor();
      await page.getByRole('button', { name: 'Bring back' }).click();
      await row('To put away').waitFor();
      await page.getByText('This chat is in the archive.').waitFor({ state: 'detached' });
    });

    it('gives chats tags, several at once too, which lead to them', async () => {
      const id = await keep('With a tag');
      await keep('With it too');
      await page.goto(`/c/${id}`);
      await page.getByRole('button', { name: 'Actions for this chat' }).click();
      await page.getByRole('menuitem', { name: 'Tags…' }).click();
      const field = page.getByRole('combobox', { name: 'Add a tag' });
      await field.fill('River birds');
      await page.getByRole('option', { name: 'Add “River birds”', selected: true }).waitFor();
      await field.press('Enter');
      await page.getByRole('button', { name: 'Take away River birds' }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('list', { name: 'Tags' }).getByRole('button', { name: 'River birds' }).waitFor();
      await page.getByRole('button', { name: 'Actions for With a tag', exact: true }).press('Enter');
      await page.getByRole('menuitem', { name: 'Choose several' }).click();
      await page.getByRole('checkbox', { name: 'With it too' }).check();
      await page.getByRole('group', { name: 'Several chats' }).getByRole('button', { name: 'Tags' }).click();
      await page.getByRole('button', { name: 'Take away River birds' }).waitFor({ state: 'detached' });
      await page.getByRole('option', { name: 'River birds' }).click();
      await page.getByRole('button', { name: 'Take away River birds' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('Escape');
      await page.getByRole('list', { name: 'Tags' }).getByRole('button', { name: 'River birds' }).click();
      const hits = page.getByRole('option', { name: /^With (a tag|it too)/ });
      await expect.poll(() => hits.count()).toBe(2);
      await page.getByRole('combobox', { name: 'Search chats and commands' }).fill('tag:ri');
      await page.getByRole('option', { name: /tag:river_birds/ }).waitFor();
      await page.keyboard.press('Escape');
    });

    it('brings in the chats of files of other programs, and says what did not come along', async () => {
      const question = { author: { role: 'user' }, content: { content_type: 'text', parts: ['From afar', {}] } };
      const entries = [
        { title: 'Brought in', mapping: { q: { parent: null, message: question } } },
        { title: 'Nothing' },
      ];
      const file = (name: string, text: string) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
      await page.goto('/settings/chat#import');
      const part = page.getByRole('group', { name: 'Import chats' });
      const choose = async (name: string, text: string) => {
        const asked = page.waitForEvent('filechooser');
        await part.getByRole('button', { name: 'Choose files' }).click();
        await (await asked).setFiles(file(name, text));
      };
      await choose('broken.json', '[{');
      await part.getByRole('alert').getByText('“broken.json” is no JSON file').waitFor();
      await choose('conversations.json', JSON.stringify(entries));
      await part.getByRole('status').getByText('1 of 2 chats are here. 1 picture, file or step').waitFor();
      await part.getByText('Entry 2 of conversations.json: it is no chat with messages.').waitFor();
      expect(await part.getByRole('alert').count()).toBe(0);
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await row('Brought in').click();
      await page.getByText('From afar').waitFor();
    });

    it('marks a chat as unread and all as read', async () => {
      const id = await keep('To read again');
      await page.goto(`/c/${id}`);
      await page.getByText('A question').waitFor();
      await page.getByRole('button', { name: 'Actions for this chat' }).click();
      await page.getByRole('menuitem', { name: 'Mark as unread' }).click();
      const unread = row('To read again (unread)');
      await unread.waitFor();
      await page.reload();
      await unread.waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search chats and commands' }).fill('as read');
      await page.getByRole('option', { name: 'Mark all chats as read', selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await row('To read again').waitFor();
    });

    it('reads a chat at which the pointer rests, or that is pressed, before it is opened', async () => {
      const ids = [await keep('Rested at', 'Read by resting'), await keep('Pressed', 'Read by pressing')];
      await page.reload();
      await row('Pressed').waitFor();
      const read = (id: string) =>
        page.waitForResponse((reply) => new URL(reply.url()).pathname === `/api/v1/chats/${id}` && reply.ok());
      const reading = ids.map(read);
      await row('Rested at').hover();
      await reading[0];
      await row('Pressed').dispatchEvent('pointerdown', { pointerType: 'touch' });
      await reading[1];
      // They are opened with what was read.
      for (const id of ids) await page.route(`**/api/v1/chats/${id}?*`, (route) => route.abort());
      await row('Rested at').click();
      await page.locator('.question', { hasText: 'Read by resting' }).waitFor();
      await row('Pressed').click();
      await page.locator('.question', { hasText: 'Read by pressing' }).waitFor();
    });

    it('finds chats by what was said in them, and commands, with Ctrl+K', async () => {
      await keep('About a holiday', 'Where do herons winter?');
      await keep('Another');
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox', { name: 'Search chats and commands' });
      await page.getByRole('option', { name: 'New chat' }).waitFor();
      await page.getByRole('option', { name: /Another/ }).waitFor();
      await field.fill('herons');
      await page.getByRole('option', { name: /About a holiday/, selected: true }).waitFor();
      expect(await page.getByRole('option').count()).toBe(1);
      await field.press('Enter');
      await page.getByText('Where do herons winter?').waitFor();
      await page.keyboard.press('Control+k');
      await field.fill('dark');
      await page.getByRole('option', { name: 'Use dark colours', selected: true }).waitFor();
      await field.press('Enter');
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
      await page.keyboard.press('Control+k');
      await field.fill('no such thing');
      await page.getByRole('status').getByText('Nothing matches “no such thing”.').waitFor();
      await page.keyboard.press('Escape');
      await field.waitFor({ state: 'detached' });
      await page.evaluate(() => localStorage.removeItem('theme'));
    });

    it('leads to the message that was found, on another branch and long ago, and narrows down by what is written or pressed', async () => {
      const line = (id: string, parentId: string | null, content: string) =>
        ({ id, parentId, content, role: 'user' }) as const;
      const long = Array.from({ length: 300 }, (_, at) => line(`m${at}`, at === 0 ? null : `m${at - 1}`, `Line ${at}`));
      await keepChat(page, 'Long ago', [
        ...long.slice(0, 3),
        line('aside', 'm1', 'What was **put** aside: a fritillary.'),
        ...long.slice(3),
      ]);
      await row('Long ago').waitFor();
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox', { name: 'Search chats and commands' });
      await field.fill('FRITILL');
      const hit = page.getByRole('option', { name: /^Long ago/, selected: true });
      await hit.getByText('…was put aside: a fritillary.').waitFor();
      expect(await hit.locator('mark').allTextContents()).toEqual(['fritill']);
      await field.press('Enter');
      await page.getByText('a fritillary.').waitFor();
      await expect
        .poll(() =>
          page
            .locator('[data-message=aside]')
            .boundingBox()
            .then((box) => box?.y),
        )
        .toBeLessThan(200);
      await page.goto(page.url().replace(/\?.*|$/, '?m=gone'));
      await page.getByRole('status').getByText('That message is not here.').waitFor();

      await row('Long ago').focus();
      await page.keyboard.press('e');
      await row('Long ago').waitFor({ state: 'detached' });
      await page.keyboard.press('Control+k');
      await field.fill('fritillary');
      await page.getByRole('status').getByText('Nothing matches “fritillary”.').waitFor();
      await page.getByRole('button', { name: 'Chats in the archive' }).press('Enter');
      await page.getByRole('option', { name: /^Long ago/, selected: true }).waitFor();
      expect(await field.inputValue()).toBe('fritillary archived:true ');
      expect(await violations(page)).toEqual([]);
      await page.keyboard.type('pinned:t');
      await page.getByRole('option', { name: /^pinned:true/, selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('status').getByText('Nothing matches “fritillary archived:true pinned:true”.').waitFor();
      await page.keyboard.press('Escape');
    });

    it('chooses one of a thousand models, with few of them on the page, and keeps it', async () => {
      await page.getByRole('button', { name: /^Model: / }).click();
      await page.getByRole('option').first().waitFor();
      expect(await page.getByRole('option').count()).toBeLessThan(40);
      const list = page.getByRole('listbox', { name: 'Search models' });
      expect(await list.evaluate((element) => element.scrollHeight)).toBeGreaterThan(1_000 * 40);
      await page.keyboard.press('ArrowUp');
      // The last of all is in view.
      await page.locator('[role=option][aria-selected=true]').waitFor();
      await page.keyboard.press('Escape');
      await chooseModel(page, 'maker-17/model-537');
      await page.reload();
      await expect.poll(() => chosenModel(page)).toBe('maker-17/model-537');
      await page.getByRole('button', { name: /^Model: / }).click();
      await page.getByText('Recent', { exact: true }).waitFor();
      await page.getByRole('combobox', { name: 'Search models' }).fill('zzz');
      await page.getByText('No model matches “zzz”.').waitFor();
      await page.keyboard.press('Escape');
      await chooseModel(page, 'echo');
    });

    it('says what keys do, and hides the list of chats and shows it again', async () => {
      const box = page.getByLabel('Message', { exact: true });
      await box.blur();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Rename the chat').waitFor();
      await page.keyboard.press('Escape');
      await box.fill('Why?');
      await box.press('?');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.keyboard.press('Control+Shift+S');
      await page.getByRole('navigation', { name: 'Chats' }).waitFor({ state: 'hidden' });
      await page.reload();
      await page.getByRole('button', { name: 'Chats', exact: true }).click();
      await page.getByRole('navigation', { name: 'Chats' }).waitFor();
      await box.fill('');
    });

    it('has all of it on a phone', async () => {
      await keep('On the go');
      const phone = await system.browser.newContext({
        ...{ baseURL: system.baseUrl, storageState: await context.storageState() },
        ...{ viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true },
      });
      const small = await phone.newPage();
      await small.goto('/');
      await small.getByRole('button', { name: 'Chats', exact: true }).tap();
      // The focus is in the drawer, reaches nothing behind it, and is at its button again afterwards.
      const focused = () =>
        small.evaluate(() => {
          const places = { inside: '#sidebar *', button: '.menu-button', behind: '.page *' };
          return Object.entries(places).find(([, place]) => document.activeElement?.matches(place))?.[0] ?? 'nowhere';
        });
      await expect.poll(focused).toBe('inside');
      const reached: string[] = [];
      for (let step = 0; step < 4; step++) {
        await small.keyboard.press('Shift+Tab');
        reached.push(await focused());
      }
      expect(reached[0]).toBe('button');
      expect(reached).toContain('inside');
      expect(reached).not.toContain('behind');
      expect(
        await small.getByLabel('Message', { exact: true }).evaluate((box) => box.closest('[inert]') !== null),
      ).toBe(true);
      await small.keyboard.press('Escape');
      await row('On the go', small).waitFor({ state: 'hidden' });
      await expect.poll(focused).toBe('button');
      // A window that becomes wide has the list beside the page.
      await small.getByRole('button', { name: 'Chats', exact: true }).tap();
      await small.setViewportSize({ width: 900, height: 700 });
      await small.getByLabel('Message', { exact: true }).fill('Wide');
      await small.getByLabel('Message', { exact: true }).fill('');
      await small.setViewportSize({ width: 390, height: 700 });
      await row('On the go', small).waitFor({ state: 'hidden' });
      await small.getByRole('button', { name: 'Chats', exact: true }).tap();
      // What closes windows of the browser closes the drawer too, wherever the focus is: "back" of a phone, or Escape.
      await small.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await small.keyboard.press('Escape');
      await row('On the go', small).waitFor({ state: 'hidden' });
      await small.getByRole('button', { name: 'Chats', exact: true }).tap();
      await small.getByRole('button', { name: 'Actions for On the go' }).tap();
      await small.getByRole('menuitem', { name: 'Tags…' }).tap();
      await small.getByRole('combobox', { name: 'Add a tag' }).fill('Travel');
      await small.getByRole('option', { name: 'Add “Travel”' }).tap();
      await small.getByRole('button', { name: 'Take away Travel' }).tap();
      await small.getByRole('button', { name: 'Take away Travel' }).waitFor({ state: 'detached' });
      await small.getByRole('dialog').getByRole('button', { name: 'Close' }).tap();
      await small.getByRole('button', { name: 'Actions for On the go' }).tap();
      await small.getByRole('menuitem', { name: 'Rename' }).tap();
      await small.getByLabel('Title of the chat').fill('At home');
      await small.getByLabel('Title of the chat').press('Enter');
      await row('At home', small).tap();
      await small.locator('.question', { hasText: 'A question' }).waitFor();
      await row('At home', small).waitFor({ state: 'hidden' });
      await small.getByRole('button', { name: /^Model: / }).tap();
      await small.getByRole('option').first().waitFor();
      const width = await small.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(390);
      await phone.close();
    });
  });
}
