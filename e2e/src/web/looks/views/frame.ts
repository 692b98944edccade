import type { Page } from '@playwright/test';
import {
  ACCOUNT_MENU,
  CHAT_MENU,
  chooseItem,
  cutLine,
  dialogOpened,
  mendLine,
  openChat,
  openMenu,
  openSidebar,
  ROW_MENU,
  unanswered,
} from './steps';
import type { View } from './view';

/** The list of chats, what finds and orders them, and what is told around every page. */
export const FRAME: readonly View[] = [
  {
    name: 'picker',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.model-button').click();
      await page.locator('[role=option]').first().waitFor();
    },
  },
  {
    name: 'palette',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.keyboard.press('Control+K');
      await page.locator('[role=option]').nth(8).waitFor();
    },
  },
  {
    name: 'search',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.keyboard.press('Control+K');
      await page.locator('dialog [role=combobox]').fill('patient');
      await page.locator('[role=option]').filter({ hasText: 'patient' }).first().waitFor();
    },
  },
  {
    name: 'operators',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.keyboard.press('Control+K');
      await page.locator('dialog [role=combobox]').fill('tag:');
      await page.locator('[role=option]').filter({ hasText: 'tag:river_birds' }).waitFor();
    },
  },
  {
    name: 'nothing',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.keyboard.press('Control+K');
      await page.locator('dialog [role=combobox]').fill('ostriches of the moon');
      await page.locator('.choice-empty').filter({ hasText: 'ostriches' }).waitFor();
    },
  },
  {
    name: 'account',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await openMenu(page, ACCOUNT_MENU);
    },
  },
  {
    name: 'drawer',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await page.locator('.chat-list a').first().waitFor();
    },
  },
  {
    name: 'row',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await openMenu(page, ROW_MENU);
    },
  },
  {
    name: 'choosing',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await chooseItem(page, ROW_MENU, 'Choose several');
      await page.locator('.selection-bar').waitFor();
      await page.locator('.chat-choice input').nth(1).check();
    },
  },
  {
    name: 'chat-menu',
    isAbove: 'menu',
    isLongOnly: true,
    open: async (page, { taggedId: chatId }) => {
      await openChat(page, { chatId });
      await openMenu(page, CHAT_MENU);
    },
  },
  {
    name: 'rename',
    isNotWalked: true,
    isLongOnly: true,
    open: async (page, { taggedId: chatId }) => {
      await openChat(page, { chatId });
      await chooseItem(page, CHAT_MENU, 'Rename');
      await page.locator('.chat-header .title-field').waitFor();
    },
  },
  {
    name: 'tags',
    isAbove: 'window',
    open: async (page, { taggedId: chatId }) => {
      await openChat(page, { chatId });
      await chooseItem(page, CHAT_MENU, 'Tags…');
      await page.locator('dialog .tag').nth(2).waitFor();
      await page.locator('[role=option]').first().waitFor();
    },
  },
  {
    name: 'undo',
    isNotWalked: true,
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, CHAT_MENU, 'Delete');
      await page.locator('.toasts li').waitFor();
    },
    leave: async (page) => {
      await page.locator('.toasts li button').first().click();
      await page.locator('.toasts li').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'shortcuts',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.messages').press('?');
      await dialogOpened(page);
    },
  },
  {
    name: 'archive',
    open: async (page) => {
      await page.goto('/archive');
      await page.locator('.document-name').first().waitFor();
    },
  },
  {
    name: 'told',
    isLongOnly: true,
    open: async (page, stored) => {
      await setBanners(page, [
        { type: 'warning', title: 'Saturday', content: 'The models rest from **9** to [10](https://example.com).' },
        { type: 'info', title: '', content: 'There is a new model.' },
      ]);
      await openChat(page, stored);
      await page.locator('.banner a').waitFor();
    },
    leave: (page) => setBanners(page, []),
  },
  {
    name: 'offline',
    isLongOnly: true,
    open: async (page, stored) => {
      await cutLine(page);
      await openChat(page, stored);
      await page.locator('.connection-lost').waitFor();
    },
    leave: async (page) => mendLine(page),
  },
  {
    name: 'sign-in',
    who: 'visitor',
    open: async (page) => {
      await page.goto('/');
      await page.locator('input[name=password]').waitFor();
    },
  },
  {
    name: 'session-over',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      const over = {
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
        json: { detail: 'Your session has ended.' },
      };
      await page.route('**/api/v1/**', (route) => route.fulfill(over));
      await openSidebar(page);
      await page.locator('.sidebar-link[href="/knowledge"]').click();
      await page.locator('dialog.sign-in-again').waitFor();
    },
    leave: unanswered,
  },
  {
    name: 'not-let-in',
    isLongOnly: true,
    open: async (page) => {
      await page.route('**/api/v1/auths/', async (route) => {
        const reply = await route.fetch();
        await route.fulfill({ json: { ...((await reply.json()) as object), role: 'pending' } });
      });
      await page.goto('/');
      await page.locator('.notice .button').waitFor();
    },
    leave: unanswered,
  },
];

/** What the administrator tells everybody. */
function setBanners(page: Page, told: readonly { type: string; title: string; content: string }[]): Promise<void> {
  return page.evaluate(async (told) => {
    const banners = told.map((banner, at) => ({ id: `told-${at}`, ...banner, dismissible: true, timestamp: 0 }));
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ banners });
    const reply = await fetch('/api/v1/configs/banners', { method: 'POST', headers, body });
    if (!reply.ok) throw new Error(`The banners were not kept: ${reply.status} ${await reply.text()}`);
  }, told);
}
