import type { Page } from '@playwright/test';
import type { Stored } from '../stored';
import { ANSWER_MENU, askAtLength, chooseItem, deleteChat, dialogOpened, openChat, openMenu } from './steps';
import type { View } from './view';

const openDiagram = async (page: Page, { diagramId }: Stored): Promise<void> => {
  await page.goto(`/c/${diagramId}`);
  await page.locator('.diagram img').waitFor();
};

const openRich = async (page: Page, { richId }: Stored): Promise<void> => {
  await page.goto(`/c/${richId}`);
  // A chat is opened at its end.
  await page.locator('.message-pictures button').scrollIntoViewIfNeeded();
  await page.locator('.message-pictures img').waitFor();
};

const openArtifact = async (page: Page, { artifactId }: Stored): Promise<void> => {
  await page.goto(`/c/${artifactId}`);
  await page.locator('.code-head [aria-haspopup=dialog]').last().click();
  await page.frameLocator('.beside-frame').locator('h1').waitFor();
};

/** What is asked and answered. */
export const CHAT: readonly View[] = [
  {
    name: 'welcome',
    open: async (page) => {
      await page.goto('/');
      await page.locator('.welcome p').waitFor();
      await page.locator('.model-name').filter({ hasText: /./ }).waitFor();
    },
  },
  { name: 'chat', open: openChat },
  { name: 'running', needsModels: true, open: askAtLength, leave: deleteChat },
  {
    name: 'rich',
    isLongOnly: true,
    open: async (page, stored) => {
      await openRich(page, stored);
      // It is drawn when it is near.
      await page.locator('.math-block').scrollIntoViewIfNeeded();
      await page.locator('.math-block .katex').waitFor();
      await page.locator('.thoughts summary').click();
      await page.locator('.thoughts .markdown').waitFor();
    },
  },
  {
    name: 'picture',
    isAbove: 'window',
    isLongOnly: true,
    open: async (page, stored) => {
      await openRich(page, stored);
      await page.locator('.message-pictures button').click();
      await dialogOpened(page);
    },
  },
  {
    name: 'table',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.message-assistant .table-tools [aria-haspopup=dialog]').click();
      await dialogOpened(page);
    },
  },
  {
    name: 'source',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.sources button').first().click();
      await dialogOpened(page);
    },
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
  // Above the page or beside it, as there is room: Escape has its own tests.
  { name: 'beside', isNotWalked: true, open: openArtifact },
  {
    name: 'beside-source',
    isLongOnly: true,
    open: async (page, stored) => {
      await openArtifact(page, stored);
      await page.locator('.beside-views button').last().click();
      await page.locator('.beside-source').waitFor();
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
    name: 'edit-answer',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, ANSWER_MENU, 'Edit');
      await page.locator('.message-assistant textarea').waitFor();
    },
  },
  {
    name: 'menu',
    isAbove: 'menu',
    open: async (page, stored) => {
      await openChat(page, stored);
      await openMenu(page, ANSWER_MENU);
    },
  },
  {
    name: 'question-menu',
    isAbove: 'menu',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await openMenu(page, '.message-user .message-actions [aria-haspopup=menu]');
    },
  },
  {
    name: 'facts',
    isAbove: 'window',
    open: async (page, stored) => {
      await openChat(page, stored);
      await chooseItem(page, ANSWER_MENU, 'About this answer');
      await dialogOpened(page);
    },
  },
  {
    name: 'quote',
    isLongOnly: true,
    open: async (page, stored) => {
      await openChat(page, stored);
      await page.locator('.message-assistant .markdown p').first().selectText();
      await page.locator('.quote-button').waitFor();
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
    name: 'failed',
    open: async (page, { failedId }) => {
      await page.goto(`/c/${failedId}`);
      await page.locator('.message-assistant .problem').waitFor();
    },
  },
  {
    name: 'gone',
    open: async (page) => {
      await page.goto('/c/00000000-0000-4000-8000-000000000000');
      await page.locator('.page > .notice a').waitFor();
    },
  },
  {
    name: 'archived',
    isLongOnly: true,
    open: async (page, { archivedId }) => {
      await page.goto(`/c/${archivedId}`);
      await page.locator('.archived-note').waitFor();
    },
  },
];
