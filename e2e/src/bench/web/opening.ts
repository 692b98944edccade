import type { BrowserContext, Page } from '@playwright/test';
import { type Figures, slow } from './tools';

/** Requests until the list of chats is there, and the first paint and the usable box on a slow phone and line, cold and warm, beside a page of text. */
export async function opening(context: BrowserContext, baseURL: string): Promise<Figures> {
  const cold = await context.browser()!.newContext({ baseURL, storageState: await context.storageState() });
  const page = await cold.newPage();
  await slow(page, true);
  await page.addInitScript(() => {
    const seen = {
      box: () => document.getElementById('composer') !== null,
      list: () => document.querySelector('.chat-list :is(li, .empty:not([role]))') !== null,
    };
    const marks = Object.entries(seen);
    const found = new MutationObserver(() => {
      for (const mark of marks.filter(([, isThere]) => isThere())) {
        performance.mark(mark[0]);
        marks.splice(marks.indexOf(mark), 1);
      }
      if (marks.length === 0) found.disconnect();
    });
    found.observe(document, { childList: true, subtree: true });
  });
  const session = await cold.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  let files = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    files += 1;
  });
  await page.goto('/health');
  const empty = await paint(page);
  [bytes, files] = [0, 0];
  await page.goto('/');
  await listed(page);
  const first = { paint: await paint(page), box: await box(page), requests: await requestsUntilListed(page) };
  const figures = {
    requests: first.requests,
    first_load_files: files,
    first_load_kb: Math.round(bytes / 1_000),
    first_paint_cold_ms: first.paint,
    box_cold_ms: first.box,
  };
  await page.reload();
  await listed(page);
  const second = { first_paint_warm_ms: await paint(page), box_warm_ms: await box(page) };
  await cold.close();
  return { ...figures, ...second, empty_first_paint_ms: empty };
}

const listed = (page: Page) => page.locator('.chat-list :is(li, .empty:not([role]))').first().waitFor();

function paint(page: Page): Promise<number> {
  return page.evaluate(() => Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0));
}

/** Of the API, begun before the list was drawn. What can wait is asked for afterwards. */
function requestsUntilListed(page: Page): Promise<number> {
  return page.evaluate(() => {
    const listedAt = performance.getEntriesByName('list')[0]!.startTime;
    const begun = performance.getEntriesByType('resource').filter(({ startTime }) => startTime <= listedAt);
    return begun.filter(({ name }) => new URL(name).pathname.startsWith('/api/')).length;
  });
}

function box(page: Page): Promise<number> {
  return page.evaluate(() => Math.round(performance.getEntriesByName('box')[0]?.startTime ?? 0));
}
