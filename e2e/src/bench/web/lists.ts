import type { BrowserContext } from '@playwright/test';
import { Client } from 'pg';
import { type Figures, openPage, pressToPaint } from './tools';

const USERS = 100_000;
/** A server that takes as long for a page of users, in milliseconds. */
const SERVER_MS = 50;

/** How long the list of 1,000 models takes to open, and to answer a key. */
export async function picker(context: BrowserContext): Promise<Figures> {
  const page = await openPage(context);
  await page.getByRole('button', { name: /^Model: / }).click();
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Escape');
  const open = await pressToPaint(page, '.model-button', '[role=option]');
  const key = await page.evaluate(async () => {
    const field = document.querySelector<HTMLInputElement>('.choice-list > input')!;
    const before = document.querySelector('[role=option]')?.textContent;
    const began = performance.now();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(field, 'd777');
    field.dispatchEvent(new Event('input', { bubbles: true }));
    while (document.querySelector('[role=option]')?.textContent === before) await new Promise(requestAnimationFrame);
    return performance.now() - began;
  });
  await page.close();
  return { picker_open_ms: open, picker_key_ms: Math.round(key) };
}

/** How long another page of 100,000 users takes, and what it puts into the page. */
export async function users(context: BrowserContext, postgresUrl: string): Promise<Figures> {
  const database = new Client(postgresUrl);
  await database.connect();
  await database.query(
    `INSERT INTO auth.users (email, name, password_hash, profile_image_url, role, created_at)
     SELECT 'n' || n || '@example.org', 'Number ' || n, 'x', '', 'user', to_timestamp(n) FROM generate_series(1, $1::int) n`,
    [USERS],
  );
  await database.end();
  const page = await openPage(context, '/admin/users');
  await page.locator('.admin-table tbody tr').nth(20).waitFor();
  // The answer that the page will get is fetched before, so that it comes as late as that of such a server.
  const [first] = await page.evaluate(() =>
    performance.getEntriesByType('resource').flatMap(({ name }) => (/\/users\/?\?/.test(name) ? [name] : [])),
  );
  const next = new URL(first ?? '');
  next.searchParams.set('page', '2');
  const body = await (await page.request.get(next.href)).body();
  await page.route(/\/users\/?\?.*page=2/, async (route) => {
    await new Promise((done) => setTimeout(done, SERVER_MS));
    await route.fulfill({ body, contentType: 'application/json' });
  });
  const changed = await page.evaluate(async () => {
    const row = () => document.querySelector('.admin-table tbody tr')?.textContent;
    const before = row();
    const began = performance.now();
    [...document.querySelectorAll<HTMLElement>('.admin-pager button')].at(2)!.click();
    while (row() === before) await new Promise(requestAnimationFrame);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - began;
  });
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  await page.close();
  return { users_page_ms: Math.round(changed), users_elements: elements };
}
