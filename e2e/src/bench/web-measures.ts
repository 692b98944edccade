import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, CDPSession, Page } from '@playwright/test';
import { chooseModel, keepChat, type KeptMessage } from '../support/page';
import { countRenders } from '../web/render-counter';

/** The page runs on a processor that is this many times slower. */
const SLOWER = 4;
const READ_MS = 12_000;
const MESSAGES = 1_000;
const KEYS = 40;

type Figures = Readonly<Record<string, number>>;

/** Requests until the list of chats is there, and the first paint and the usable box on a slow phone and line, cold and warm. */
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
  page.on('request', (request) => request.url().includes('/api/') && asked.push(request.url()));
  const times = async () => {
    await page
      .locator('.chat-list')
      .getByText(/No chats yet|Today/)
      .waitFor();
    return page.evaluate(() => ({
      paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
      box: performance.getEntriesByName('box')[0]?.startTime ?? 0,
    }));
  };
  await page.goto('/');
  const first = await times();
  const requests = asked.length;
  await page.reload();
  const second = await times();
  await cold.close();
  return {
    requests,
    first_paint_cold_ms: Math.round(first.paint),
    box_cold_ms: Math.round(first.box),
    first_paint_warm_ms: Math.round(second.paint),
    box_warm_ms: Math.round(second.box),
  };
}

/** What happens while an answer is read that grows by 100 tokens a second: renders, shifts, frames; and the frames of an empty page. */
export async function reading(context: BrowserContext, model: string): Promise<Figures> {
  const empty = await context.newPage();
  await slow(empty);
  const idle = await frames(empty, 3_000);
  await empty.close();
  const page = await context.newPage();
  await countRenders(page);
  await page.goto('/');
  await chooseModel(page, model);
  await slow(page);
  await page.getByLabel('Message', { exact: true }).fill('Tell me at length');
  await page.getByLabel('Message', { exact: true }).press('Enter');
  await page.waitForFunction(
    () => (document.querySelector('.message-assistant .markdown')?.textContent.length ?? 0) > 800,
  );
  await page.evaluate(() => {
    window.renders.finalBlocks = [];
    window.renders.otherMessages = 0;
    const shifts: number[] = [];
    (window as unknown as { shifts: number[] }).shifts = shifts;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
    }).observe({ type: 'layout-shift' });
  });
  const during = await frames(page, READ_MS);
  const seen = await page.evaluate(() => ({
    blocks: window.renders.finalBlocks.length + window.renders.otherMessages,
    shift: (window as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0),
  }));
  const { violations } = await new AxeBuilder({ page }).analyze();
  await page.close();
  return {
    axe: violations.length,
    final_block_renders: seen.blocks,
    layout_shift: seen.shift,
    frame_p50_ms: at(during, 0.5),
    frame_p99_ms: at(during, 0.99),
    frame_max_ms: at(during, 1),
    empty_frame_p50_ms: at(idle, 0.5),
    empty_frame_p99_ms: at(idle, 0.99),
  };
}

/** Elements and memory of a chat of 1,000 messages, and how long a key takes there while an answer is written. */
export async function longChat(context: BrowserContext, model: string): Promise<Figures> {
  const page = await context.newPage();
  const chatId = await keepLongChat(context);
  const session = await context.newCDPSession(page);
  const began = performance.now();
  await page.goto(`/c/${chatId}`);
  await page.locator('.message-assistant').last().waitFor();
  const opened = performance.now() - began;
  await page.waitForFunction((all) => document.querySelectorAll('[data-message]').length === all, MESSAGES);
  await session.send('HeapProfiler.collectGarbage');
  const { nodes, heap } = await metrics(session);
  await chooseModel(page, model);
  await slow(page);
  await page.evaluate(() => {
    const keys: number[] = [];
    (window as unknown as { keys: number[] }).keys = keys;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry.name === 'keydown') keys.push(entry.duration);
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const box = page.getByLabel('Message', { exact: true });
  await box.fill('Tell me at length');
  await box.press('Enter');
  await page.waitForFunction(
    () => ([...document.querySelectorAll('.message-assistant .markdown')].at(-1)?.textContent.length ?? 0) > 200,
  );
  await box.focus();
  await page.evaluate(() => ((window as unknown as { keys: number[] }).keys.length = 0));
  // Not `box.press`: to find the box by its label, the driver would read the whole page for each key.
  for (let nth = 0; nth < KEYS; nth++) await page.keyboard.press('a', { delay: 30 });
  await page.waitForTimeout(500);
  const keys = await page.evaluate(() => (window as unknown as { keys: number[] }).keys);
  // Those under 16 ms are not reported.
  const all = [...keys, ...Array.from({ length: Math.max(0, KEYS - keys.length) }, () => 16)];
  await page.close();
  return {
    open_1000_ms: Math.round(opened),
    nodes_1000: nodes,
    heap_1000_mb: Math.round(heap / 1e5) / 10,
    key_to_paint_p95_ms: at(all, 0.95),
  };
}

/** How long the list of 1,000 models takes to open, and to answer a key. */
export async function picker(context: BrowserContext): Promise<Figures> {
  const page = await context.newPage();
  await page.goto('/');
  const button = page.getByRole('button', { name: /^Model: / });
  await button.click();
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Escape');
  const open = await page.evaluate(async () => {
    const began = performance.now();
    document.querySelector<HTMLElement>('.model-button')!.click();
    while (!document.querySelector('[role=option]')) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
  });
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
  return { picker_open_ms: Math.round(open), picker_key_ms: Math.round(key) };
}

async function keepLongChat(context: BrowserContext): Promise<string> {
  const page = await context.newPage();
  await page.goto('/');
  const messages = Array.from({ length: MESSAGES }, (_, nth): KeptMessage => {
    const at = { id: `m${nth}`, parentId: nth === 0 ? null : `m${nth - 1}` };
    if (nth % 2 === 0) return { ...at, role: 'user', content: `Question ${nth}?` };
    const content = `Message **${nth}** about things.\n\n- one\n- two\n\n\`\`\`ts\nconst a = ${nth};\n\`\`\`\n\n| a | b |\n|---|---|\n| 1 | 2 |`;
    return { ...at, role: 'assistant', content };
  });
  const chatId = await keepChat(page, 'A long chat', messages);
  await page.close();
  return chatId;
}

async function slow(page: Page, line = false): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  if (!line) return;
  const bytes = (9 * 1024 * 1024) / 8;
  await session.send('Network.enable');
  const conditions = { offline: false, latency: 60, downloadThroughput: bytes, uploadThroughput: bytes };
  await session.send('Network.emulateNetworkConditions', conditions);
}

/** Times between frames, in milliseconds. */
function frames(page: Page, ms: number): Promise<number[]> {
  return page.evaluate(async (ms) => {
    const times: number[] = [];
    let last = await new Promise<number>(requestAnimationFrame);
    const end = last + ms;
    while (last < end) {
      const now = await new Promise<number>(requestAnimationFrame);
      times.push(now - last);
      last = now;
    }
    return times;
  }, ms);
}

async function metrics(session: CDPSession): Promise<{ nodes: number; heap: number }> {
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const named = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { nodes: named('Nodes'), heap: named('JSHeapUsedSize') };
}

/** The value below which this share of all lies, in tenths of a millisecond. */
function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}
