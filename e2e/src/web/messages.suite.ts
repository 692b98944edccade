import { text } from 'node:stream/consumers';
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerEnded, keepChat } from '../support/page';
import type { PageSystem } from './page-system';

const CODE = Array.from({ length: 60 }, (_, at) => `const line${at} = ${at};`).join('\n');
const RICH = `So **bold** [x](https://example.com) \`a < b\`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`ts\n${CODE}\n\`\`\``;
const PROSE = Array.from({ length: 60 }, (_, at) => `Word ${at} of a long answer.`).join('\n\n');

interface Kept {
  chat: { history: { messages: Record<string, { content: string }> } };
}

export function messages(system: PageSystem): void {
  describe('what can be done with messages', () => {
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      context = await system.person('messages');
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    });

    afterAll(() => context?.close());

    beforeEach(async () => {
      page = await context.newPage();
      await page.goto('/');
      await page.getByText('What is on your mind?').waitFor();
    });

    afterEach(() => page.close());

    const box = () => page.getByLabel('Message', { exact: true });
    const answer = (of = page) => of.locator('.message-assistant').last();
    const question = (of = page) => of.locator('.message-user').last();
    const ended = (of = page) => answerEnded(of);
    const shown = async (of = page) => (await answer(of).locator('.markdown').textContent())?.trim();
    const version = (number: number, count: number, of = page) =>
      of.getByRole('group', { name: `Version ${number} of ${count}` }).first();

    async function say(text: string): Promise<void> {
      await box().fill(text);
      await box().press('Enter');
      await page.waitForURL(/\/c\//);
      await ended();
    }

    const clipboard = (type: string) =>
      page.evaluate(async (type) => {
        const [item] = await navigator.clipboard.read();
        return (await item!.getType(type)).text();
      }, type);

    it('copies an answer as Markdown and as rich text at once, and its code as code', async () => {
      await say(RICH);
      await answer().getByRole('group', { name: 'Answer' }).getByRole('button', { name: 'Copy' }).click();
      await answer().getByRole('group', { name: 'Answer' }).getByRole('button', { name: 'Copied' }).waitFor();
      expect(await clipboard('text/plain')).toBe(RICH);
      const html = await clipboard('text/html');
      for (const part of [
        /<strong[^>]*>bold<\/strong>/,
        /href="https:\/\/example\.com\/?"/,
        /<td[^>]*border/,
        /a &lt; b/,
      ])
        expect(html).toMatch(part);
      expect(html).not.toMatch(/Wrap|Download|class=/);
      await answer().locator('.code-head').getByRole('button', { name: 'Copy' }).click();
      await answer().locator('.code-head').getByRole('button', { name: 'Copied' }).waitFor();
      expect(await clipboard('text/plain')).toBe(CODE);
      const tools = answer().locator('.table-tools');
      await tools.getByRole('button', { name: 'Copy' }).click();
      await expect.poll(() => clipboard('text/plain')).toBe('a\tb\n1\t2');
      expect(await clipboard('text/html')).toMatch(/^<table/);
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        tools.getByRole('button', { name: 'Download' }).click(),
      ]);
      expect([file.suggestedFilename(), await text(await file.createReadStream())]).toEqual([
        'table.csv',
        'a,b\r\n1,2\r\n',
      ]);
      await tools.getByRole('button', { name: 'Full view' }).press('Enter');
      await page.getByRole('dialog', { name: 'Table' }).getByRole('cell', { name: '2' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await tools.locator('button:focus', { hasText: 'Full view' }).waitFor();
      await page.keyboard.press('Control+Shift+C');
      await expect.poll(() => clipboard('text/plain')).toBe(RICH);
      await question().hover();
      await question().getByRole('button', { name: 'Copy' }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(RICH);
    });

    it('shows a block, a message or a window that breaks as it was written, and the others as ever', async () => {
      const chatId = await keepChat(page, 'Broken', [
        { id: 'breaks-this-message', parentId: null, role: 'user', content: 'A question that breaks' },
        {
          id: 'a',
          parentId: 'breaks-this-message',
          role: 'assistant',
          content: '```\nbreaks this block\n```\n\n**Whole**',
        },
      ]);
      await page.addInitScript(() => {
        const breakAt = (method: 'indexOf' | 'split', begin: string) => {
          const whole = Reflect.get(String.prototype, method) as (...args: unknown[]) => unknown;
          Reflect.set(String.prototype, method, function (this: string, ...args: unknown[]) {
            if (this.startsWith(begin)) throw new Error('It is broken for this test.');
            return whole.apply(this, args);
          });
        };
        breakAt('indexOf', 'breaks this block');
        breakAt('split', 'breaks-this-message');
      });
      await page.route('**/assets/outline-*.js', (route) => route.abort());
      await page.goto(`/c/${chatId}`);
      await page.locator('.block-broken', { hasText: 'breaks this block' }).waitFor();
      await answer().locator('strong', { hasText: 'Whole' }).waitFor();
      await page.getByRole('alert').getByText('This message cannot be shown as usual.').waitFor();
      await page.locator('.as-written', { hasText: 'A question that breaks' }).waitFor();
      await page.getByRole('button', { name: 'Questions of this chat' }).click();
      const dialog = page.getByRole('dialog', { name: 'That did not work. Try again.' });
      await dialog.getByRole('button', { name: 'Load the page again' }).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await box().isEditable()).toBe(true);
    });

    it('copies without the clipboard of secure pages', async () => {
      await say('Plain words');
      await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
      await answer().getByRole('button', { name: 'Copy' }).click();
      await answer().getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('Plain words');
    });

    it('names the language of code, and folds what is long, but not while it is read', async () => {
      await say(`${RICH}\n\n${PROSE}\n\n${PROSE}`);
      await answer().locator('.code-head').getByText('ts', { exact: true }).waitFor();
      await answer().getByRole('button', { name: 'Show less' }).waitFor();
      await page.reload();
      await answer().getByRole('button', { name: 'Show all 60 lines' }).waitFor();
      const height = () =>
        answer()
          .locator('pre')
          .evaluate((element) => element.clientHeight);
      const folded = await height();
      await answer().getByRole('button', { name: 'Show all 60 lines' }).click();
      expect(await height()).toBeGreaterThan(folded * 2);
      await answer().getByRole('button', { name: 'Wrap' }).click();
      expect(
        await answer()
          .locator('pre')
          .evaluate((element) => getComputedStyle(element).whiteSpace),
      ).toBe('pre-wrap');
    });

    it('keeps an editor in view, however long the answer below it is', async () => {
      await say(PROSE);
      await page.reload();
      await answer().locator('.markdown').waitFor();
      await question().getByRole('button', { name: 'Edit' }).click();
      const editor = page.getByLabel('Edit the question');
      await editor.fill('One\n\n\nMore');
      const top = await editor.evaluate((element) => element.getBoundingClientRect().top);
      expect(top).toBeGreaterThan(0);
      await page.keyboard.press('Shift+Enter');
      expect(await editor.evaluate((element) => element.getBoundingClientRect().top)).toBe(top);
      await page.keyboard.press('Escape');
    });

    it('asks an edited question beside the old one, steps between both with the arrow keys, and shows the same after a reload', async () => {
      await say('One');
      await box().fill('Two');
      await box().press('Enter');
      await question().getByText('Two').waitFor();
      await ended();
      const first = page.locator('.message-user').first();
      await first.hover();
      await first.getByRole('button', { name: 'Edit' }).click();
      const editor = page.getByLabel('Edit the question');
      await editor.fill('Uno');
      await page.reload();
      // Unsent, it is there again.
      await expect.poll(() => editor.inputValue()).toBe('Uno');
      await page.route('**/api/chat/completions', (route) => route.abort());
      await editor.press('Enter');
      await page.getByRole('button', { name: 'Take back' }).click();
      await expect.poll(() => editor.inputValue()).toBe('Uno');
      await page.unroute('**/api/chat/completions');
      await editor.press('Enter');
      await version(2, 2).waitFor();
      await ended();
      await expect.poll(() => shown()).toBe('Uno');
      await version(2, 2).getByRole('button', { name: 'Previous version' }).focus();
      await page.keyboard.press('ArrowLeft');
      await version(1, 2).waitFor();
      await expect.poll(() => shown()).toBe('Two');
      await page.reload();
      await version(1, 2).waitFor();
      expect(await shown()).toBe('Two');
      await version(1, 2).focus();
      await page.keyboard.press('ArrowRight');
      await version(2, 2).waitFor();
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => shown()).toBe('Uno');
      // The focus went along.
      await page.keyboard.press('ArrowLeft');
      await version(1, 2).waitFor();
    });

    it('keeps an edited answer beside the old one, and loses nothing when two tabs edit one chat', async () => {
      await say('Old words');
      const other = await context.newPage();
      await other.goto(page.url());
      await answer(other).getByText('Old words').waitFor();
      const edit = async (of: Page, text: string) => {
        await answer(of).getByRole('button', { name: 'More' }).click();
        await of.getByRole('menuitem', { name: 'Edit' }).click();
        await of.getByLabel('Edit the answer').fill(text);
      };
      await edit(page, 'My words');
      await edit(other, 'Their words');
      await page.getByRole('button', { name: 'Save' }).click();
      await expect.poll(() => shown()).toBe('My words');
      await other.getByRole('button', { name: 'Save' }).click();
      await expect.poll(() => shown(other)).toBe('Their words');
      await version(3, 3, other).waitFor();
      await page.reload();
      await version(3, 3).getByRole('button', { name: 'Previous version' }).click();
      await version(2, 3).waitFor();
      expect(await shown()).toBe('My words');
      // The next question follows the version that is shown.
      await box().fill('And now?');
      await box().press('Enter');
      await page.locator('.message-assistant').nth(1).waitFor();
      await ended();
      expect(await page.locator('.message-assistant').first().locator('.markdown').textContent()).toBe('My words');
      await other.close();
    });

    it('deletes a message or all from it on, which can be undone, and makes a new chat of what leads to one', async () => {
      const line = (id: string, parentId: string | null, role: 'user' | 'assistant') =>
        ({ id, parentId, role, content: `Text ${id}` }) as const;
      const id = await keepChat(page, 'To cut', [
        line('q1', null, 'user'),
        line('a1', 'q1', 'assistant'),
        line('q2', 'a1', 'user'),
        line('a2', 'q2', 'assistant'),
      ]);
      await page.goto(`/c/${id}`);
      const texts = () => page.locator('.message-user .question, .message-assistant .markdown').allInnerTexts();
      const choose = async (of: Locator, name: string) => {
        await of.hover();
        await of.getByRole('button', { name: 'More' }).click();
        await page.getByRole('menuitem', { name }).click();
      };
      const message = (id: string) => page.locator(`[data-message=${id}]`);
      const stored = () =>
        page.evaluate(async (id) => {
          const { chat } = (await (await fetch(`/api/v1/chats/${id}`)).json()) as Kept;
          return Object.values(chat.history.messages)
            .map(({ content }) => content)
            .sort();
        }, id);
      const all = ['Text q1', 'Text a1', 'Text q2', 'Text a2'];
      await expect.poll(texts).toEqual(all);
      await choose(message('a1'), 'Delete this message');
      await expect.poll(texts).toEqual(['Text q1', 'Text q2', 'Text a2']);
      // The focus is where it can be undone.
      await page.locator('button:focus', { hasText: 'Undo' }).press('Enter');
      await expect.poll(texts).toEqual(all);
      expect(await stored()).toEqual([...all].sort());

      await choose(message('a1'), 'New chat from here');
      await page.waitForURL((url) => !url.pathname.endsWith(id));
      await expect.poll(texts).toEqual(['Text q1', 'Text a1']);

      await page.goto(`/c/${id}`);
      await choose(message('q2'), 'Delete from here on');
      await expect.poll(texts).toEqual(['Text q1', 'Text a1']);
      await page.evaluate(async (id) => {
        const late = { id: 'late', parentId: 'a2', childrenIds: [], role: 'user', content: 'Text late' };
        const body = JSON.stringify({ chat: { history: { messages: { late } } } });
        await fetch(`/api/v1/chats/${id}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      }, id);
      // The deletion comes before what is asked next; what another page wrote there meanwhile stays.
      await box().fill('Go on');
      await box().press('Enter');
      await page.getByRole('status').getByText('The message was not deleted. It was gone on with').waitFor();
      await page.locator('.message-assistant').nth(1).waitFor();
      await ended();
      expect(await texts()).toEqual(['Text q1', 'Text a1', 'Go on', 'Go on']);
      expect(await stored()).toEqual([...all, 'Text late', 'Go on', 'Go on'].sort());

      await choose(page.locator('.message-user').last(), 'Delete from here on');
      await expect.poll(texts).toEqual([...all, 'Text late']);
      await page.goto('/favicon.svg');
      await expect.poll(stored).toEqual([...all, 'Text late'].sort());
      await page.goto(`/c/${id}`);
      await expect.poll(texts).toEqual([...all, 'Text late']);
    });

    it('saves a chat as Markdown and as JSON, all of it, and prints messages that are far from the view', async () => {
      const many = Array.from({ length: 130 }, (_, at) => ({
        ...{ id: `m${at}`, parentId: at === 0 ? null : `m${at - 1}`, content: `Number **${at}**` },
        role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
      }));
      await page.goto(`/c/${await keepChat(page, 'To keep: all/of it', many)}`);
      await page.getByText('Number 129').waitFor();
      const saved = async (name: string) => {
        await page.getByRole('button', { name: 'Actions for this chat' }).click();
        const item = page.getByRole('menuitem', { name });
        const [file] = await Promise.all([page.waitForEvent('download'), item.click()]);
        return { name: file.suggestedFilename(), text: await text(await file.createReadStream()) };
      };
      const markdown = await saved('Save as Markdown');
      expect(markdown.name).toBe('To keep all of it.md');
      for (const part of ['# To keep: all/of it', 'Number **0**', 'Number **129**'])
        expect(markdown.text).toContain(part);
      const json = await saved('Save as JSON');
      const [chat] = JSON.parse(json.text) as { chat: { history: { messages: object } } }[];
      expect([json.name, Object.keys(chat?.chat.history.messages ?? {}).length]).toEqual([
        'To keep all of it.json',
        130,
      ]);
      const bold = () => page.locator('.message-assistant strong').count();
      expect(await bold()).toBeLessThan(65);
      await page.emulateMedia({ media: 'print' });
      const printed = await page.evaluate(() => {
        dispatchEvent(new Event('beforeprint'));
        const found = document.querySelectorAll('.message-assistant strong').length;
        const [first] = document.querySelectorAll('.message-user');
        const isWhole = document.documentElement.scrollHeight > 130 * 20;
        const box = document.querySelector('.composer')?.getBoundingClientRect();
        dispatchEvent(new Event('afterprint'));
        return [found, first?.textContent.includes('Number **0**'), isWhole, box?.height];
      });
      expect(printed).toEqual([65, true, true, 0]);
      await page.emulateMedia({ media: null });
      await expect.poll(bold).toBeLessThan(65);
    });

    it('tries again with another model, by keyboard alone', async () => {
      await say('Quiet');
      await answer().getByRole('button', { name: 'More' }).focus();
      await page.keyboard.press('Enter');
      // The menu has the focus a moment after it is seen.
      await page.locator('[role=menuitem]:focus', { hasText: 'Try again with another model' }).waitFor();
      await page.keyboard.press('End');
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      await page.getByRole('combobox', { name: 'Search models' }).waitFor();
      await page.keyboard.type('shout');
      await page.getByRole('option', { name: 'shout', selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await version(2, 2).waitFor();
      await ended();
      expect(await shown()).toBe('QUIET');
      expect(await answer().locator('header').textContent()).toBe('shout');
    });

    it('stops with Escape, and writes on where it was cut off', async () => {
      await box().fill('At length');
      await box().press('Enter');
      const longerThan = (length: number) =>
        page.waitForFunction(
          (length) =>
            (document.querySelector('.message-assistant:last-child .markdown')?.textContent?.length ?? 0) > length,
          length,
        );
      await longerThan(100);
      await page.keyboard.press('Escape');
      await answer().getByText('Stopped.').waitFor();
      await ended();
      const kept = (await shown()) ?? '';
      await page.reload();
      await answer().getByRole('button', { name: 'Continue' }).click();
      await longerThan(kept.length + 100);
      await page.keyboard.press('Escape');
      await answer().getByText('Stopped.').waitFor();
      expect((await shown())?.startsWith(kept.slice(0, 50))).toBe(true);
      expect(await page.locator('.message-assistant').count()).toBe(1);
    });
  });
}
