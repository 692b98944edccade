import { answerWith, dialogOpened, unanswered } from './steps';
import type { View } from './view';

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

/** Some are new, one is there already, and some lines are wrong. */
const ACCOUNTS = {
  name: 'accounts.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(
    [
      'name,email,password,role',
      'Mary Anning,mary@example.com,,user',
      'Maria Sibylla Merian,merian@example.com,,admin',
      'Grace Hopper,grace@example.com,,user',
      'Nobody,nowhere,,user',
      'Twice,mary@example.com,,user',
    ].join('\n'),
  ),
};

const admin = (name: string, ready: string): View => ({
  name,
  isLongOnly: true,
  open: async (page) => {
    await page.goto(`/admin/${name}`);
    await page.locator(ready).first().waitFor();
  },
});

/** The pages of administrators. */
export const ADMINISTRATION: readonly View[] = [
  admin('users', 'table tbody tr'),
  {
    name: 'no-user',
    isLongOnly: true,
    open: async (page) => {
      await page.goto('/admin/users?q=ostriches');
      await page.locator('.empty-state').waitFor();
    },
  },
  {
    name: 'user',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/users');
      await page.locator('tbody .admin-actions button').last().click();
      await dialogOpened(page);
    },
  },
  {
    name: 'chosen-users',
    isLongOnly: true,
    open: async (page) => {
      await page.goto('/admin/users');
      await page.locator('tbody input[type=checkbox]').first().check();
      await page.locator('.admin-chosen .button-danger').click();
      await page.locator('.admin-chosen .admin-part').waitFor();
    },
  },
  {
    name: 'new-user',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/users');
      await page.locator('.admin-header .button').last().click();
      await dialogOpened(page);
    },
  },
  {
    name: 'import-users',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/users');
      await page.locator('.admin-header button').first().click();
      await page.locator('dialog input[type=file]').setInputFiles(ACCOUNTS);
      await page.locator('.admin-plan').waitFor();
    },
  },
  admin('fleet', '.fleet-service'),
  admin('general', '.admin-form'),
  admin('connections', '.admin-list li'),
  {
    name: 'connection',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/connections');
      await page.locator('.admin-section header button').first().click();
      await dialogOpened(page);
    },
  },
  admin('models', '.admin-list li'),
  admin('documents', '.admin-fields'),
  {
    name: 'read-again',
    isLongOnly: true,
    isAbove: 'window',
    open: async (page) => {
      await page.goto('/admin/documents');
      await page.locator('input[name=model]').fill('another-model');
      await page.locator('input[name=model]').press('Enter');
      await dialogOpened(page);
    },
  },
  {
    name: 'moves',
    isLongOnly: true,
    open: async (page) => {
      for (const [what, json] of Object.entries(MOVES))
        await answerWith(page, `**/api/v1/retrieval/${what}/move`, json);
      await page.goto('/admin/documents');
      await page.locator('.admin-section progress').waitFor();
    },
    leave: unanswered,
  },
  admin('notices', '.admin-form'),
];
