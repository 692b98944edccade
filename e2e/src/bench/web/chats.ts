import type { BrowserContext, Page } from '@playwright/test';
import { chooseModel } from '../../support/page';
import { grown, STREAM } from './stream';
import { type Figures, keysToPaint, memory, openPage, pressToPaint, quantile, slow, storeChat, tenths } from './tools';

const MESSAGES = 1_000;
const KEYS = 100;
const SWITCHES = 30;

/** Elements and memory of a chat of 1,000 messages, and how long a key takes there while an answer is written; beside a key in an empty page. */
export async function longChat(context: BrowserContext): Promise<Figures> {
  const chatId = await storeChat(context, { name: 'long', messages: MESSAGES });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  const began = performance.now();
  await page.goto(`/c/${chatId}`);
  await page.locator('.message-assistant').last().waitFor();
  const opened = performance.now() - began;
  await page.waitForFunction((all) => document.querySelectorAll('[data-message]').length === all, MESSAGES);
  const { nodes, heapMb } = await memory(session);
  await scrollThrough(page);
  const scrolled = await memory(session);
  await page.reload();
  await page.waitForFunction((all) => document.querySelectorAll('[data-message]').length === all, MESSAGES);
  await chooseModel(page, STREAM);
  await slow(page);
  const box = page.getByLabel('Message', { exact: true });
  await box.fill('Tell me at length');
  await box.press('Enter');
  await grown(page, 200);
  await box.focus();
  const keys = await keysToPaint(page, KEYS);
  await page.close();

  const empty = await context.newPage();
  await empty.setContent('<textarea autofocus></textarea>');
  await slow(empty);
  await empty.locator('textarea').focus();
  const emptyKeys = await keysToPaint(empty, KEYS);
  await empty.close();
  return {
    open_1000_ms: Math.round(opened),
    nodes_1000: nodes,
    nodes_1000_scrolled: scrolled.nodes,
    heap_1000_mb: heapMb,
    key_to_paint_p50_ms: quantile(keys, 0.5),
    key_to_paint_p95_ms: quantile(keys, 0.95),
    empty_key_to_paint_p50_ms: quantile(emptyKeys, 0.5),
    empty_key_to_paint_p95_ms: quantile(emptyKeys, 0.95),
  };
}

/** Scrolls by wheel from the end to the beginning: what the page itself scrolls is not the reader's. */
async function scrollThrough(page: Page): Promise<void> {
  await page.locator('.messages').hover();
  const top = () => page.evaluate(() => document.querySelector('.messages')!.scrollTop);
  for (let step = 0; step < 1_000 && (await top()) > 0; step++) {
    await page.mouse.wheel(0, -1_500);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }
  if ((await top()) > 0) throw new Error('The beginning of the chat was not reached.');
}

/** How long it takes to open a chat of 60 messages, and to switch to one at which the pointer rests; and what is left of chats that were open. */
export async function switching(context: BrowserContext): Promise<Figures> {
  const ids: string[] = [];
  for (const name of ['one', 'two', 'three']) ids.push(await storeChat(context, { name, messages: 60 }));
  const [one, two, three] = ids.map((id) => `.chat-list a[href="/c/${id}"]`) as [string, string, string];
  const page = await openPage(context);
  await page.locator(three).waitFor();
  const open = await pressToPaint(page, one, '[data-message="one-59"]');
  await page.locator(two).hover();
  // As long as a hand rests before it presses.
  await page.waitForTimeout(300);
  const hovered = await pressToPaint(page, two, '[data-message="two-59"]');
  const session = await context.newCDPSession(page);
  const pairs = [
    [three, '[data-message="three-59"]'],
    [one, '[data-message="one-59"]'],
    [two, '[data-message="two-59"]'],
  ] as const;
  for (const [link, there] of pairs) await pressToPaint(page, link, there);
  const before = await memory(session);
  for (let nth = 0; nth < SWITCHES; nth++) {
    const [link, there] = pairs[nth % pairs.length]!;
    await pressToPaint(page, link, there);
  }
  const after = await memory(session);
  await page.close();
  return {
    open_60_ms: open,
    switch_hovered_ms: hovered,
    heap_after_30_switches_mb: tenths(after.heapMb - before.heapMb),
    nodes_after_30_switches: after.nodes - before.nodes,
  };
}

/** How long the menu of a message takes in a chat of 300 kB. */
export async function menu(context: BrowserContext): Promise<Figures> {
  const chatId = await storeChat(context, { name: 'large', messages: 60, answer: 10_000 });
  const page = await openPage(context, `/c/${chatId}`);
  await page.locator('[data-message="large-59"] .message-actions').waitFor();
  await page.waitForTimeout(500);
  const opened = await pressToPaint(
    page,
    '[data-message="large-59"] .message-actions [aria-haspopup=menu]',
    '[popover]:popover-open [role=menuitem]',
  );
  await page.close();
  return { menu_ms: opened };
}
