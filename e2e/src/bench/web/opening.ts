import type { BrowserContext, Page } from '@playwright/test';
import { type Figures, slow } from './tools';

/** Requests until the list of chats is there, and the first paint and the usable box on a slow phone and line, cold and warm, beside a page of text. */
export async function opening(context: BrowserContext, baseURL: string): Promise<Figures> {
  const cold = await context.browser()!.newContext({ baseURL, storageState: await context.storageState() });
  const page = await cold.newPage();
  await slow(page, true);
  await page.addInitScript(() => {
    const found = new MutationObserver(() => {
      if (!document.getElementById('composer')) return;
      performance.mark('box');
      found.disconnect();
    });
    found.observe(document, { childList: true, subtree: true });
  });
  const asked: string[] = [];
  const session = await cold.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  let files = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    files += 1;
  });
  // The version is asked by a clock, some seconds later; on a slow machine it would be among them.
  page.on('request', (request) => /\/api\/(?!version)/.test(request.url()) && asked.push(request.url()));
  await page.goto('/health');
  const empty = await paint(page);
  [bytes, files] = [0, 0];
  await page.goto('/');
  await listed(page);
  const first = { paint: await paint(page), box: await box(page) };
  const figures = {
    requests: asked.length,
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

const listed = (page: Page) => page.locator('.chat-list').filter({ hasText: /./ }).waitFor();

function paint(page: Page): Promise<number> {
  return page.evaluate(() => Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0));
}

function box(page: Page): Promise<number> {
  return page.evaluate(() => Math.round(performance.getEntriesByName('box')[0]?.startTime ?? 0));
}
