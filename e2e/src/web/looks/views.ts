import type { Locator, Page } from '@playwright/test';
import type { Stored } from './stored';

/** A page, or an open state of one. */
export interface View {
  name: string;
  /** Leads to it, in any language; what the page shows before does not matter. */
  open: (page: Page, stored: Stored) => Promise<unknown>;
  /** Undoes what it has left. */
  leave?: (page: Page) => Promise<unknown>;
  /** Who is shown it; an administrator if nobody is named. */
  who?: 'visitor';
  /** Something lies above the page, which Escape closes. */
  isAbove?: 'menu' | 'window';
  /** It is in the way of too much, or covered elsewhere: the short form leaves it out. */
  isLongOnly?: true;
  /** The twelve by which the page is known. */
  isKnown?: true;
}

const openChat = async (page: Page, { chatId }: Stored): Promise<void> => {
  await page.goto(`/c/${chatId}`);
  await page.locator('.message-assistant table').waitFor();
};

const openSidebar = async (page: Page): Promise<void> => {
  const button = page.locator('.menu-button[aria-expanded=false]');
  if (await button.isVisible()) await button.click();
};

/** Places of menu items, by menu and English name: a menu has the same order in all languages. */
const PLACES = new Map<string, number>();

async function openMenu(page: Page, menu: string): Promise<Locator> {
  await page.locator(menu).first().click();
  const items = page.locator('[popover]:popover-open [role=menuitem]');
  await items.first().waitFor();
  return items;
}

/** Opens a menu and chooses an item by its English name. */
async function chooseItem(page: Page, menu: string, name: string): Promise<void> {
  const key = `${menu} ${name}`;
  if (!PLACES.has(key)) {
    const language = (await page.getAttribute('html', 'lang')) ?? 'en';
    await speak(page, 'en');
    const names = await (await openMenu(page, menu)).allTextContents();
    const place = names.findIndex((words) => words.trim() === name);
    if (place === -1) throw new Error(`The menu has no ${name}, but ${names.join()}`);
    PLACES.set(key, place);
    await page.keyboard.press('Escape');
    await speak(page, language);
  }
  await (await openMenu(page, menu)).nth(PLACES.get(key)!).click();
}

/** Shows the page in another language, as if it had been chosen in another tab. */
async function speak(page: Page, language: string): Promise<void> {
  await page.evaluate((language) => {
    localStorage.setItem('language', language);
    dispatchEvent(new StorageEvent('storage', { key: 'language' }));
  }, language);
  await page.locator(`html[lang=${language}]`).waitFor();
}

const openDialog = (page: Page) => page.locator('dialog[open]').waitFor();
const ANSWER_MENU = '.message-assistant .message-actions [aria-haspopup=menu]';
const ADD_MENU = '.composer [aria-haspopup=menu]';
const ACCOUNT_MENU = '.account-button';

const caretList = (name: string, sign: string): View => ({
  name: `caret-${name}`,
  open: async (page, stored) => {
    await openChat(page, stored);
    await page.locator('#composer').pressSequentially(sign);
    await page.locator('.caret-list [role=option]').nth(2).waitFor();
  },
  leave: (page) => page.locator('#composer').fill(''),
});

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

const openDiagram = async (page: Page, { diagramId }: Stored): Promise<void> => {
  await page.goto(`/c/${diagramId}`);
  await page.locator('.diagram img').waitFor();
};

/** A chat that nobody has. */
const NO_CHAT = '00000000-0000-4000-8000-000000000000';

/** A move of what is stored, in the middle: nobody waits for a real one, of gigabytes. */
const MOVES: Readonly<Record<string, unknown>> = {
  vectors: {
    stores: ['lancedb', 'qdrant'],
    active: 'lancedb',
    moving: {
      ...{ to: 'qdrant', done: 1_320, total: 4_096, points_per_second: null, min_recall: 0.99, paused: true },
      error: 'The store qdrant did not answer within 10 s.',
    },
    former: null,
    comparison: null,
  },
  blobs: {
    ...{ stores: ['folder', 's3', 'azure'], phase: 'moved', active: 's3', other: 'folder', command_runs: false },
    order: null,
    compared: { samples: 200, equal: 200 },
  },
};

const admin = (name: string, ready: string): View => ({
  name,
  isLongOnly: true,
  open: async (page) => {
    await page.goto(`/admin/${name}`);
    await page.locator(ready).first().waitFor();
  },
});

export const VIEWS: readonly View[] = [
  {
    name: 'welcome',
    isKnown: true,
    open: async (page) => {
      await page.goto('/');
      await page.locator('.welcome p').waitFor();
      await page.locator('.model-name').filter({ hasText: /./ }).waitFor();
    },
  },
  { name: 'chat', isKnown: true, open: openChat },
  {
    name: 'running',
    isKnown: true,
    open: async (page) => {
      await page.goto('/');
      await page.locator('#composer').fill('At length');
      await page.locator('#composer').press('Enter');
      await page.locator('.message-assistant[aria-busy=true] .markdown p').nth(3).waitFor();
    },
    leave: (page) =>
      page.evaluate(() =>
        fetch(`/api/v1/chats/${location.pathname.split('/').at(-1)}`, { method: 'DELETE' }).then(() => undefined),
      ),
  },
  {
    name: 'table',
    isKnown: true,
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.message-assistant .table-tools [aria-haspopup=dialog]').click();
      await openDialog(page);
    },
  },
  {
    name: 'source',
    isKnown: true,
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.sources button').first().click();
      await openDialog(page);
    },
  },
  {
    name: 'picker',
    isKnown: true,
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.model-button').click();
      await page.locator('[role=option]').first().waitFor();
    },
  },
  {
    name: 'palette',
    isKnown: true,
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.keyboard.press('Control+K');
      await page.locator('[role=option]').nth(8).waitFor();
    },
  },
  {
    name: 'search',
    isKnown: true,
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.keyboard.press('Control+K');
      await page.locator('dialog [role=combobox]').fill('patient');
      await page.locator('[role=option]').filter({ hasText: 'patient' }).first().waitFor();
    },
  },
  {
    name: 'knowledge',
    isKnown: true,
    open: async (page) => {
      await page.goto('/knowledge');
      await page.locator('.document-name').first().waitFor();
    },
  },
  {
    name: 'settings',
    isKnown: true,
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await chooseItem(page, ACCOUNT_MENU, 'Settings');
      await page.locator('.settings .setting').first().waitFor();
    },
  },
  { ...admin('users', 'table tbody tr'), isKnown: true },
  {
    name: 'sign-in',
    isKnown: true,
    who: 'visitor',
    open: async (page) => {
      await page.goto('/');
      await page.locator('input[name=password]').waitFor();
    },
  },
  {
    name: 'edit',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.message-user .message-actions button').nth(1).click();
      await page.locator('.message-user textarea').waitFor();
    },
  },
  {
    name: 'menu',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator(ANSWER_MENU).first().click();
      await page.locator('[role=menuitem]').first().waitFor();
    },
  },
  {
    name: 'account',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await page.locator(ACCOUNT_MENU).click();
      await page.locator('[role=menuitem]').first().waitFor();
    },
  },
  {
    name: 'row',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openSidebar(page);
      await page.locator('.chat-list li').first().hover();
      await page.locator('.chat-list .row-menu').first().click();
      await page.locator('[role=menuitem]').first().waitFor();
    },
  },
  {
    name: 'add',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator(ADD_MENU).first().click();
      await page.locator('[role=menuitem]').first().waitFor();
    },
  },
  {
    name: 'shortcuts',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.messages').press('?');
      await openDialog(page);
    },
  },
  {
    name: 'outline',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.chat-header > .icon-button').first().click();
      await page.locator('[role=option]').first().waitFor();
    },
  },
  {
    name: 'facts',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, ANSWER_MENU, 'About this answer');
      await openDialog(page);
    },
  },
  {
    name: 'parameters',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, ADD_MENU, 'Instructions and parameters');
      await openDialog(page);
    },
  },
  {
    name: 'failed',
    open: async (page, { failedId }) => {
      await page.goto(`/c/${failedId}`);
      await page.locator('.message-assistant .problem').waitFor();
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
    name: 'base',
    open: async (page, { baseId }) => {
      await page.goto(`/knowledge/${baseId}`);
      await page.locator('.document-name').first().waitFor();
    },
  },
  {
    name: 'base-form',
    isAbove: 'window',
    open: async (page, { baseId }) => {
      await page.goto(`/knowledge/${baseId}`);
      await page.locator('.documents-header .button').first().click();
      await openDialog(page);
    },
  },
  {
    name: 'new-source',
    isAbove: 'window',
    open: async (page, { baseId }) => {
      await page.goto(`/knowledge/${baseId}`);
      await page.locator('.base-sources > .row > .button').click();
      await page.locator('dialog select').first().selectOption({ index: 1 });
      await page.locator('dialog input').nth(2).waitFor();
    },
  },
  {
    name: 'files',
    open: async (page) => {
      await page.goto('/files');
      await page.locator('.document-name').first().waitFor();
    },
  },
  caretList('things', '#'),
  caretList('commands', '/'),
  caretList('models', '@'),
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
      await page.locator('.banner').nth(1).waitFor();
    },
    leave: (page) => setBanners(page, []),
  },
  { name: 'diagram', open: openDiagram },
  {
    name: 'diagram-whole',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openDiagram(page, stored);
      await page.locator('.diagram-head button').last().click();
      await page.locator('dialog[open] img').waitFor();
    },
  },
  admin('fleet', '.fleet-service'),
  admin('general', '.admin-form'),
  admin('connections', '.admin-list li'),
  admin('models', '.admin-list li'),
  admin('documents', '.admin-fields'),
  admin('notices', '.admin-form'),
  {
    name: 'user',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/users');
      await page.locator('tbody .admin-actions button').last().click();
      await openDialog(page);
    },
  },
  {
    name: 'new-user',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/users');
      await page.locator('.admin-header .button').last().click();
      await openDialog(page);
    },
  },
  {
    name: 'connection',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/connections');
      await page.locator('.admin-section header button').first().click();
      await openDialog(page);
    },
  },
  {
    name: 'moves',
    isLongOnly: true,
    open: async (page) => {
      for (const [what, json] of Object.entries(MOVES))
        await page.route(`**/api/v1/retrieval/${what}/move`, (route) => route.fulfill({ json }));
      await page.goto('/admin/documents');
      await page.locator('.admin-section progress').waitFor();
    },
    leave: (page) => page.unrouteAll(),
  },
  {
    name: 'gone',
    open: async (page) => {
      await page.goto(`/c/${NO_CHAT}`);
      await page.locator('.page > .notice a').waitFor();
    },
  },
];
