import type { Page } from '@playwright/test';
import { DOCUMENTS_OF_SOURCE, SOURCES_OF_BASE } from '../contents';
import type { Stored } from '../stored';
import { answerWith, chooseItem, dialogOpened, openMenu, unanswered } from './steps';
import type { View } from './view';

const FOLDER_MENU = '.base-files .document-list:first-of-type [aria-haspopup=menu]';
const FILE_MENU = '.base-files .document-list:last-of-type [aria-haspopup=menu]';

const openBase = async (page: Page, { baseId }: Stored): Promise<void> => {
  await page.goto(`/knowledge/${baseId}`);
  await page.locator('.document-row[data-state=failed]').waitFor();
};

/** Nobody waits for real ones, which would be read from other hosts. */
const openSources = async (page: Page, { baseId }: Stored): Promise<void> => {
  await answerWith(page, '**/sources', SOURCES_OF_BASE);
  await answerWith(page, '**/sources/*/documents?*', DOCUMENTS_OF_SOURCE);
  await page.goto(`/knowledge/${baseId}`);
  await page.locator('.source-row').nth(1).waitFor();
  await page.locator('.source-row').last().scrollIntoViewIfNeeded();
};

const asked = (name: string, menu: string, item: string): View => ({
  name,
  isAbove: 'window',
  isLongOnly: true,
  open: async (page, stored) => {
    await openBase(page, stored);
    await chooseItem(page, menu, item);
    await dialogOpened(page);
  },
});

/** Knowledge bases, their files and their sources. */
export const DOCUMENTS: readonly View[] = [
  {
    name: 'knowledge',
    open: async (page) => {
      await page.goto('/knowledge');
      await page.locator('.document-name').first().waitFor();
    },
  },
  {
    name: 'no-base',
    isLongOnly: true,
    open: async (page) => {
      await page.goto('/knowledge');
      await page.locator('input[type=search]').fill('ostriches of the moon');
      await page.locator('.empty-state').waitFor();
    },
  },
  { name: 'base', open: openBase },
  {
    name: 'folder',
    isLongOnly: true,
    open: async (page, { baseId, folderId }) => {
      await page.goto(`/knowledge/${baseId}?folder=${folderId}`);
      await page.locator('main [aria-current=page]').waitFor();
    },
  },
  {
    name: 'base-form',
    isAbove: 'window',
    open: async (page, stored) => {
      await openBase(page, stored);
      await page.locator('.documents-header .button').first().click();
      await dialogOpened(page);
    },
  },
  {
    name: 'delete-base',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openBase(page, stored);
      await page.locator('.documents-header .button').last().click();
      await dialogOpened(page);
    },
  },
  {
    name: 'new-folder',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openBase(page, stored);
      await page.locator('.base-files > .row > button').first().click();
      await dialogOpened(page);
    },
  },
  {
    name: 'folder-menu',
    isAbove: 'menu',
    isLongOnly: true,
    open: async (page, stored) => {
      await openBase(page, stored);
      await openMenu(page, FOLDER_MENU);
    },
  },
  asked('delete-folder', FOLDER_MENU, 'Delete'),
  asked('move-file', FILE_MENU, 'Move to…'),
  {
    name: 'new-source',
    isAbove: 'window',
    open: async (page, stored) => {
      await openBase(page, stored);
      await page.locator('.base-sources > .row > .button').click();
      await page.locator('dialog select').first().selectOption({ index: 1 });
      await page.locator('dialog input').nth(2).waitFor();
    },
  },
  { name: 'sources', isLongOnly: true, open: openSources, leave: unanswered },
  {
    name: 'source-documents',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openSources(page, stored);
      await page.locator('.source-row .link-button').first().click();
      await page.locator('dialog .document-row').nth(2).waitFor();
    },
    leave: unanswered,
  },
  {
    name: 'files',
    open: async (page) => {
      await page.goto('/files');
      await page.locator('.document-name').first().waitFor();
    },
  },
];
