import type { Browser, Page } from '@playwright/test';
import { beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/accounts';
import { http } from '../support/http';
import { violations } from '../support/page-checks';

/** What these tests share with the others of the administration. */
export interface Around {
  /** The administrator's, which each test has anew. */
  page(): Page;
  browser(): Browser;
  baseUrl(): string;
  token(): Promise<string>;
  /** What is wrong with the page as it is shown now. */
  faults(): Promise<string[]>;
}

const SOMEBODY = { name: 'Mallory', email: 'mallory@example.com', password: PASSWORD };

/** How accounts come: by sign-up, and from files. */
export function accountLists({ page: pageNow, browser, baseUrl, token, faults }: Around): void {
  let page: Page;
  beforeEach(() => void (page = pageNow()));

  describe('several users', () => {
    it('come from a file, after it was seen what will happen, go into one, and are changed and deleted together', async () => {
      await page.goto('/admin/users');
      await page.getByRole('button', { name: 'Add from a file' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add users from a file' });
      const lines = [
        'Name,Email,Role',
        'Zora One,z1@example.com,user',
        'Zora Two,z2@example.com,user',
        'Zora Two,z2@example.com,',
      ];
      await dialog.locator('input[type=file]').setInputFiles({
        name: 'list.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from([...lines, 'Nobody,nowhere,user', 'Ada,ada@example.com,user'].join('\n')),
      });
      await dialog.getByText('2 accounts are new.').waitFor();
      await dialog.getByText('1 account is there already, and stays as it is.').waitFor();
      await dialog.getByText('Line 4 has an address that stands above already.').waitFor();
      await dialog.getByText('Line 5 is without a right address.').waitFor();
      expect(await faults()).toEqual([]);
      expect(await dialog.getByRole('button', { name: 'Add 2 accounts' }).count()).toBe(0);
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        dialog.getByRole('button', { name: 'Save the list with the passwords' }).press('Enter'),
      ]);
      expect(saved.suggestedFilename()).toBe('new-users.csv');
      await dialog.getByRole('button', { name: 'Add 2 accounts' }).press('Enter');
      await dialog.getByText('2 accounts were added.').waitFor();
      await dialog.getByRole('button', { name: 'Close' }).last().press('Enter');

      const file = await fetch(`${baseUrl()}/api/v1/users/export`, {
        headers: { authorization: `Bearer ${await token()}` },
      });
      expect(file.headers.get('content-type')).toContain('text/csv');
      const rows = (await file.text()).split('\r\n');
      expect(rows.filter((text) => /,z[12]@example\.com,user,/.test(text))).toHaveLength(2);

      await page.getByRole('searchbox').fill('Zora');
      await page.getByText('2 accounts', { exact: true }).waitFor();
      await page.getByRole('checkbox', { name: 'Choose all on this page' }).check();
      const bar = page.getByRole('region', { name: 'Chosen accounts' });
      expect(await faults()).toEqual([]);
      await bar.getByLabel('Role').selectOption('pending');
      await bar.getByRole('button', { name: 'Set the role' }).press('Enter');
      await page.getByText('2 accounts were changed.').waitFor();
      await page.getByRole('checkbox', { name: 'Choose all on this page' }).check();
      await bar.getByRole('button', { name: 'Delete them…' }).press('Enter');
      await bar.getByRole('button', { name: 'Delete for good' }).press('Enter');
      await page.getByText('2 accounts were deleted.').waitFor();
      await page.getByText('Nobody matches “Zora”.').waitFor();
    });
  });

  describe('sign-up and what everybody finds', () => {
    const save = () => page.getByRole('region', { name: 'Sign-up' }).getByRole('button', { name: 'Save' }).click();

    it('opens the door with a warning, says what who waits reads, and closes it at once for everybody', async () => {
      await page.goto('/admin/general');
      const open = page.getByRole('switch', { name: 'People may create accounts themselves' });
      await open.check();
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.getByRole('radio', { name: /^User/ }).check();
      await page.getByRole('alert').getByText('without being let in by anybody').waitFor();
      expect(await faults()).toEqual([]);
      await page.getByRole('radio', { name: /^Waiting/ }).check();
      await page.getByLabel('Title').fill('Nearly there');
      await page.getByLabel('Text (Markdown)').fill('Ask **Grace** in room 7.');
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Herbarium');
      await page.getByRole('button', { name: 'Save the name' }).press('Enter');
      await page.locator('.brand').getByText('Herbarium').waitFor();
      await save();
      await page.getByRole('region', { name: 'Sign-up' }).getByText('Saved.').waitFor();

      const stranger = await browser().newContext({ baseURL: baseUrl() });
      const theirs = await stranger.newPage();
      await theirs.goto('/');
      await theirs.getByRole('button', { name: 'Create an account' }).click();
      await theirs.getByLabel('Name').fill('Eve');
      await theirs.getByLabel('E-mail').fill('eve@example.com');
      await theirs.getByLabel('Password').fill(PASSWORD);
      await theirs.getByRole('button', { name: 'Create account' }).click();
      await theirs.getByRole('heading', { name: 'Nearly there' }).waitFor();
      await theirs.locator('strong', { hasText: 'Grace' }).waitFor();
      expect(await violations(theirs)).toEqual([]);
      await stranger.close();

      await open.uncheck();
      await save();
      await page.getByText('Only administrators add accounts.').waitFor();
      await expect
        .poll(() => http('POST', `${baseUrl()}/api/v1/auths/signup`, { body: SOMEBODY }).then((r) => r.status))
        .toBe(403);
    });

    it('suggests what one might ask any model, and which model a new chat starts with', async () => {
      await page.goto('/admin/general');
      await page.getByRole('button', { name: 'Add a suggestion' }).click();
      await page.getByLabel('Suggestion 1', { exact: true }).fill('Plan a walk');
      await page.getByRole('button', { name: 'Save the suggestions' }).click();
      await page.getByRole('region', { name: 'Suggestions' }).getByText('Saved.').waitFor();
      await page.getByRole('button', { name: 'New chats start with' }).click();
      await page.getByRole('option', { name: 'echo' }).click();
      await page.getByRole('button', { name: 'New chats start with: echo' }).waitFor();
      await page.getByRole('button', { name: 'None of them' }).click();
      await page.getByRole('button', { name: 'New chats start with: The first of the list' }).waitFor();
      await page.goto('/');
      await page.getByRole('button', { name: 'Plan a walk' }).click();
      expect(await page.locator('#composer').inputValue()).toBe('Plan a walk');
    });
  });
}
