import { ACCOUNT_MENU, chooseItem, openChat, openSidebar } from './steps';
import type { View } from './view';

const IMPORTED = {
  name: 'conversations.json',
  mimeType: 'application/json',
  buffer: Buffer.from('[{"title":"Nothing"}]'),
};

export const SETTINGS: readonly View[] = [
  {
    name: 'settings',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await chooseItem(page, ACCOUNT_MENU, 'Settings');
      await page.locator('.settings .setting').first().waitFor();
    },
  },
  ...['chat', 'account', 'keys'].map((section): View => ({
    name: `settings-${section}`,
    isAbove: 'window',
    open: async (page) => {
      await page.goto(`/settings/${section}`);
      await page.locator('.settings .setting').first().waitFor();
    },
  })),
  {
    name: 'settings-found',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page) => {
      await page.goto('/settings/look');
      await page.locator('.settings input').first().fill('Deutsch');
      await page.locator('.settings nav:not(:has([aria-current]))').waitFor();
    },
  },
  {
    name: 'settings-import',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page) => {
      await page.goto('/settings/chat');
      await page.locator('.import-chats input[type=file]').setInputFiles(IMPORTED);
      await page.locator('.import-chats li').waitFor();
      await page.locator('.import-chats').scrollIntoViewIfNeeded();
    },
  },
];
