import type { Stored } from '../stored';
import { ADD_MENU, askAtLength, chooseItem, deleteChat, dialogOpened, openChat, openMenu } from './steps';
import type { View } from './view';

const caretList = (name: string, sign: string): View => ({
  name: `caret-${name}`,
  open: async (page, stored) => {
    await openChat(page, stored);
    await page.locator('#composer').pressSequentially(sign);
    await page.locator('.caret-list [role=option]').nth(2).waitFor();
  },
  leave: (page) => page.locator('#composer').fill(''),
});

const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** One is read, one is shown, and one cannot be read. */
const FILES = [
  { name: 'What was counted on the Rhine and on the Danube.txt', mimeType: 'text/plain', buffer: Buffer.from('120') },
  { name: 'heron.png', mimeType: 'image/png', buffer: Buffer.from(PICTURE, 'base64') },
  { name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('No document at all') },
];

/** The box, and what goes with a message. */
export const COMPOSER: readonly View[] = [
  {
    name: 'add',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openMenu(page, ADD_MENU);
    },
  },
  {
    name: 'parameters',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, ADD_MENU, 'Instructions and parameters');
      await dialogOpened(page);
    },
  },
  {
    name: 'ask-base',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, ADD_MENU, 'Ask a knowledge base');
      await page.locator('dialog .choices button').first().waitFor();
    },
  },
  caretList('things', '#'),
  caretList('commands', '/'),
  caretList('models', '@'),
  {
    name: 'context',
    needsModels: true,
    open: async (page, { fullId }: Stored) => {
      await page.goto(`/c/${fullId}`);
      await page.locator('.context-meter').focus();
      await page.locator('.context-words').waitFor();
      await page.locator('.context-warning').waitFor();
    },
  },
  {
    name: 'queue',
    needsModels: true,
    isLongOnly: true,
    open: async (page) => {
      await askAtLength(page);
      for (const words of [
        'And where do they breed?',
        'Then tell me what a colony costs, how long it lasts, and who counts it.',
      ]) {
        await page.locator('#composer').fill(words);
        await page.locator('#composer').press('Enter');
      }
      await page.locator('.waiting-messages li').nth(1).waitFor();
    },
    leave: deleteChat,
  },
  {
    name: 'tray',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, ADD_MENU, 'Ask a knowledge base');
      await page.locator('dialog .choices button').first().click();
      await page.locator('.composer input[type=file]').first().setInputFiles(FILES);
      await page.locator('.chip-picture').first().waitFor();
      await page.locator('.chip[data-state=failed]').first().waitFor();
    },
    leave: async (page) => {
      const remove = page.locator('.tray .chip > .icon-button');
      for (let count = await remove.count(); count > 0; count--) await remove.first().click();
      await page.waitForFunction(keepsNoPicture);
    },
  },
  {
    name: 'dropping',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.chat').evaluate((chat) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([''], 'heron.txt'));
        chat.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true }));
      });
      await page.locator('.drop-hint').waitFor();
    },
  },
];

/** Runs in the page: whether all pictures of drafts are gone from where they are kept over a reload. */
async function keepsNoPicture(): Promise<boolean> {
  const request = indexedDB.open('perennial');
  await new Promise((resolve) => (request.onsuccess = resolve));
  const count = request.result.transaction('pictures').objectStore('pictures').count();
  await new Promise((resolve) => (count.onsuccess = resolve));
  request.result.close();
  return count.result === 0;
}
