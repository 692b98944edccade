import type { Locator, Page } from '@playwright/test';
import type { Stored } from '../stored';

export const ANSWER_MENU = '.message-assistant .message-actions [aria-haspopup=menu]';
export const ADD_MENU = '.composer [aria-haspopup=menu]';
export const ACCOUNT_MENU = '.account-button';
export const CHAT_MENU = '.chat-header [aria-haspopup=menu]';
export const ROW_MENU = '.chat-list .row-menu';

export async function openChat(page: Page, { chatId }: Pick<Stored, 'chatId'>): Promise<void> {
  await page.goto(`/c/${chatId}`);
  await page.locator('.message-assistant table').waitFor();
}

/** Deletes the chat that is shown. */
export function deleteChat(page: Page): Promise<void> {
  return page.evaluate(async () => {
    await fetch(`/api/v1/chats/${location.pathname.split('/').at(-1)}`, { method: 'DELETE' });
  });
}

/** On a phone it is a drawer. */
export async function openSidebar(page: Page): Promise<void> {
  const button = page.locator('.menu-button[aria-expanded=false]');
  if (await button.isVisible()) await button.click();
}

export async function openMenu(page: Page, menu: string): Promise<Locator> {
  const button = page.locator(menu).first();
  // Some are seen only where the pointer is.
  await button.hover({ force: true });
  await button.click();
  const items = page.locator('[popover]:popover-open [role=menuitem]');
  await items.first().waitFor();
  return items;
}

/** Places of menu items, by menu and English name: a menu has the same order in all languages. */
const PLACES = new Map<string, number>();

/** Opens a menu and chooses an item by its English name. */
export async function chooseItem(page: Page, menu: string, name: string): Promise<void> {
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

export const dialogOpened = (page: Page): Promise<void> => page.locator('dialog[open]').waitFor();

/** Sends a question of a new chat that is answered at length. */
export async function askAtLength(page: Page): Promise<void> {
  await page.goto('/');
  await page.locator('#composer').fill('At length');
  await page.locator('#composer').press('Enter');
  await page.locator('.message-assistant[aria-busy=true] .markdown p').nth(3).waitFor();
}

/** Pages whose live socket is kept from the server. */
const CUT = new WeakMap<Page, boolean>();

/** From the next load on the page's live socket is lost as soon as it is there. */
export async function cutLine(page: Page): Promise<void> {
  const isNew = !CUT.has(page);
  CUT.set(page, true);
  if (!isNew) return;
  await page.routeWebSocket(/socket\.io/, (socket) => {
    socket.connectToServer().onMessage((message) => {
      socket.send(message);
      if (CUT.get(page)) void socket.close();
    });
  });
}

export const mendLine = (page: Page): unknown => CUT.set(page, false);

/** Gives all requests for an address this reply. */
export function answerWith(page: Page, address: string, json: unknown): Promise<unknown> {
  return page.route(address, (route) => route.fulfill({ json }));
}

export const unanswered = (page: Page): Promise<void> => page.unrouteAll({ behavior: 'wait' });
