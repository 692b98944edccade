import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepChat, type KeptMessage } from '../support/page';
import { beyondTheEdge, violations } from '../support/page-checks';
import type { PageSystem } from './page-system';

/** `LOOKS=folder` also takes a picture of each view, to be looked at. */
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
  welcome: async (page) => {
    await page.goto('/');
    await page.getByText('What is on your mind?').waitFor();
  },
  knowledge: async (page) => {
    await page.goto('/knowledge');
    await page.getByRole('heading', { level: 1 }).waitFor();
  },
};

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
      await page.close();
    });

    afterAll(() => context?.close());

    it.each([
      [1440, 900],
      [390, 780],
    ])(
      '%i pixels wide: is whole, has enough contrast in light and dark, and names and roles for all',
      async (width, height) => {
        const page = await context.newPage();
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ reducedMotion: 'reduce' });
        const faults: string[] = [];
        for (const [view, open] of Object.entries(VIEWS)) {
          await page.goto(`/c/${chatId}`);
          await page.locator('.message-assistant table').waitFor();
          await open(page);
          if (PICTURES) await takePictures(page, `${view}-${width}`);
          for (const fault of [...(await violations(page)), ...(await beyondTheEdge(page))])
            faults.push(`${view}: ${fault}`);
        }
        await page.close();
        expect(faults).toEqual([]);
      },
    );

    async function takePictures(page: Page, name: string): Promise<void> {
      await mkdir(PICTURES!, { recursive: true });
      for (const theme of ['dark', 'light']) {
        await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
        await page.screenshot({ path: join(PICTURES!, `${name}-${theme}.png`) });
      }
    }
  });
}
