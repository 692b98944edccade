import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseOfAccount, keepChat, type KeptMessage } from '../support/page';
import {
  beyondTheEdge,
  beyondTheEdgeEnlarged,
  beyondTheEdgeMirrored,
  violations,
  violationsOfContrast,
} from '../support/page-checks';
import type { PageSystem } from './page-system';

/** `LOOKS=folder` also takes pictures of each view, in every colour and language and at a third width, to be looked at. */
const PICTURES = process.env.LOOKS;

const ANSWER = `## Herons in winter

Most **grey herons** stay; some fly to [Spain](https://example.com) or *further*. It costs $5.

| place | birds |
|---|--:|
| Rhine | 120 |
| Danube | 80 |

\`\`\`ts
export const herons = places.filter(({ birds }) => birds > 100).map(({ name }) => name.toUpperCase());
\`\`\`

- one
- [x] two

> They are patient.

${'A long paragraph about herons and what they do all day. '.repeat(12)}`;

const SIZES: [width: number, height: number][] = [
  [1_440, 900],
  [390, 780],
];
if (PICTURES) SIZES.push([820, 1_100]);

/** Each leads to a view; the page is at the stored chat before. */
const VIEWS: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  chat: async () => undefined,
  edit: (page) => page.locator('.message-user').getByRole('button', { name: 'Edit' }).click(),
  menu: async (page) => {
    await page.locator('.message-assistant').getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem').first().waitFor();
  },
  picker: async (page) => {
    await page.getByRole('button', { name: /^Model: / }).click();
    await page.getByRole('option').first().waitFor();
  },
  palette: async (page) => {
    await page.keyboard.press('Control+K');
    await page
      .getByRole('option', { name: /Herons/ })
      .first()
      .waitFor();
  },
  shortcuts: async (page) => {
    await page.locator('.messages').press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  },
  drawer: async (page) => {
    const button = page.getByRole('button', { name: 'Chats', exact: true });
    if (await button.isVisible()) await button.click();
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  },
  outline: async (page) => {
    await page.getByRole('button', { name: 'Questions of this chat' }).click();
    await page.getByRole('option').first().waitFor();
  },
  table: async (page) => {
    await page.locator('.message-assistant').getByRole('button', { name: 'Full view' }).click();
    await page.getByRole('dialog', { name: 'Table' }).waitFor();
  },
  facts: async (page) => {
    await page.locator('.message-assistant').getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'About this answer' }).click();
    await page.getByRole('dialog', { name: 'About this answer' }).waitFor();
  },
  parameters: async (page) => {
    await page.getByRole('button', { name: 'Add to the message' }).click();
    await page.getByRole('menuitem', { name: 'Instructions and parameters' }).click();
    await page.getByLabel('Instructions for this chat').waitFor();
  },
  settings: async (page) => {
    const button = page.getByRole('button', { name: 'Chats', exact: true });
    if (await button.isVisible()) await button.click();
    await chooseOfAccount(page, 'Settings');
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
  },
  account: async (page) => {
    await page.goto('/settings/account');
    await page.getByLabel('New password', { exact: true }).waitFor();
  },
  welcome: async (page) => {
    await page.goto('/');
    await page.getByText('What is on your mind?').waitFor();
  },
  knowledge: async (page) => {
    await page.goto('/knowledge');
    await page.getByRole('heading', { level: 1 }).waitFor();
  },
  files: async (page) => {
    await page.goto('/files');
    await page.getByRole('link', { name: 'herons.txt' }).waitFor();
  },
  source: async (page) => {
    await page.goto(`/knowledge/${await baseOf(page)}`);
    await page.getByRole('button', { name: 'Add a source' }).click();
    await page.getByLabel('What is read').selectOption({ index: 1 });
    await page.getByLabel('Documents at most').waitFor();
  },
};

/** A knowledge base of the page's user, with a file. */
function baseOf(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const headers = { 'content-type': 'application/json' };
    const known = (await (await fetch('/api/v1/knowledge/')).json()) as { items: { id: string; name: string }[] };
    const found = known.items.find(({ name }) => name === 'Herons');
    if (found) return found.id;
    const body = JSON.stringify({ name: 'Herons', description: '' });
    const base = await fetch('/api/v1/knowledge/create', { method: 'POST', headers, body });
    const { id } = (await base.json()) as { id: string };
    const form = new FormData();
    form.append('file', new File(['They wait.'], 'herons.txt', { type: 'text/plain' }));
    form.append('metadata', JSON.stringify({ knowledge_id: id }));
    await fetch('/api/v1/files/', { method: 'POST', body: form });
    return id;
  });
}

/** Views with few kinds of control that no other view has: each is looked at in one width. */
const ONLY_AT: Readonly<Record<string, number>> = {
  ...{ outline: 390, table: 1_440, facts: 390, parameters: 390, files: 390, source: 390 },
  ...{ shortcuts: 1_440, edit: 390 },
};

/** The views that are looked at with more contrast, too: together they have every kind of control. */
const IN_CONTRAST = ['chat', 'picker', 'settings', 'knowledge', 'source'];

export function looks(system: PageSystem): void {
  describe('every view', () => {
    let context: BrowserContext;
    let chatId: string;

    beforeAll(async () => {
      context = await system.administrator();
      const page = await context.newPage();
      await page.goto('/');
      const question = 'Where do herons go in winter, and what does it cost to see them there?';
      const messages: KeptMessage[] = [
        { id: 'q', parentId: null, role: 'user', content: question },
        { id: 'old', parentId: 'q', role: 'assistant', model: 'echo', content: 'I do not know.' },
        { id: 'a', parentId: 'q', role: 'assistant', model: 'echo', content: ANSWER },
      ];
      for (const title of ['A title that is so long that it cannot be shown as a whole', 'عنوان المحادثة', 'Lunch'])
        await keepChat(page, title, messages);
      chatId = await keepChat(page, 'Herons in winter', messages);
      await baseOf(page);
      await page.close();
    });

    afterAll(() => context?.close());

    it.each(SIZES)(
      '%i pixels wide: is whole, has enough contrast in light and dark, and names and roles for all',
      async (width, height) => {
        const page = await context.newPage();
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ reducedMotion: 'reduce' });
        const faults: string[] = [];
        for (const [view, open] of Object.entries(VIEWS)) {
          if (!PICTURES && (ONLY_AT[view] ?? width) !== width) continue;
          await page.goto(`/c/${chatId}`);
          await page.locator('.message-assistant table').waitFor();
          await open(page);
          const found = [
            ...(await violations(page)),
            ...(IN_CONTRAST.includes(view) && (width > 1_000 || view in ONLY_AT)
              ? await violationsOfContrast(page)
              : []),
            ...(await beyondTheEdge(page)),
            ...(await beyondTheEdgeMirrored(page)),
            ...(width < 1_000 ? await beyondTheEdgeEnlarged(page) : []),
            ...(PICTURES ? await takePictures(page, `${view}-${width}`) : []),
          ];
          faults.push(...found.map((fault) => `${view}: ${fault}`));
        }
        await page.close();
        expect(faults).toEqual([]);
      },
    );

    /** Pictures in every colour and language, and what is beyond an edge there. What lies above the page closes with another language. */
    async function takePictures(page: Page, name: string): Promise<string[]> {
      await mkdir(PICTURES!, { recursive: true });
      const faults: string[] = [];
      for (const language of ['de', 'ar', 'en']) {
        await page.evaluate((language) => {
          localStorage.setItem('language', language);
          dispatchEvent(new StorageEvent('storage', { key: 'language' }));
        }, language);
        await page.locator(`html[lang=${language}]`).waitFor();
        await page.waitForTimeout(300);
        for (const [theme, contrast] of [
          ['light', 'normal'],
          ['dark', 'normal'],
          ['light', 'more'],
          ['dark', 'more'],
        ]) {
          await page.evaluate((look) => Object.assign(document.documentElement.dataset, look), { theme, contrast });
          const look = contrast === 'more' ? `${theme}-contrast` : theme;
          await page.screenshot({ path: join(PICTURES!, `${name}-${language}-${look}.png`) });
        }
        await page.evaluate(() => (document.documentElement.dataset.contrast = 'normal'));
        faults.push(...(await beyondTheEdge(page)).map((fault) => `${language}: ${fault}`));
      }
      return faults;
    }
  });
}
