import type { BrowserContext, CDPSession, Page } from '@playwright/test';
import { keepChat, type KeptMessage } from '../../support/page';

/** Measures by their names. */
export type Figures = Readonly<Record<string, number>>;

/** Slowed pages run on a processor that is this many times slower. */
const SLOWER = 4;

/** Slows the processor of a page, and if wished its line, to those of a phone. */
export async function slow(page: Page, line = false): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  if (!line) return;
  const bytes = (9 * 1024 * 1024) / 8;
  await session.send('Network.enable');
  const conditions = { offline: false, latency: 60, downloadThroughput: bytes, uploadThroughput: bytes };
  await session.send('Network.emulateNetworkConditions', conditions);
}

/** Times between frames, in milliseconds. */
export function frames(page: Page, ms: number): Promise<number[]> {
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

/** Milliseconds from a press on one element to the frame after another one is there. */
export async function pressToPaint(page: Page, press: string, there: string): Promise<number> {
  const took = await page.evaluate(
    async ({ press, there }) => {
      const began = performance.now();
      document.querySelector<HTMLElement>(press)!.click();
      while (!document.querySelector(there)) await new Promise(requestAnimationFrame);
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return performance.now() - began;
    },
    { press, there },
  );
  return Math.round(took);
}

/**
 * Presses keys in the field that has the focus: how long each took, from the press to the end of the frame that shows it. The page's work ends there.
 * When the frame is presented is not measured: without a screen Chromium skips frames whose processor is slowed, and reports the next one that it
 * presents, seconds later (`Draw skipped` in its traces).
 */
export async function keysToPaint(page: Page, keys: number): Promise<number[]> {
  await page.evaluate(() => {
    const seen: number[] = [];
    (window as unknown as { keys: number[] }).keys = seen;
    addEventListener(
      'keydown',
      ({ timeStamp }) =>
        requestAnimationFrame(() => {
          // A message comes after the frame in which it was sent.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => seen.push(performance.now() - timeStamp);
          port2.postMessage(undefined);
        }),
      { capture: true },
    );
  });
  // Not `locator.press`: to find the field, the driver would read the whole page for each key.
  for (let nth = 0; nth < keys; nth++) await page.keyboard.press('a', { delay: 30 });
  await page.waitForFunction((keys) => (window as unknown as { keys: number[] }).keys.length === keys, keys);
  return page.evaluate(() => (window as unknown as { keys: number[] }).keys);
}

export async function memory(session: CDPSession): Promise<{ nodes: number; heapMb: number }> {
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const named = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { nodes: named('Nodes'), heapMb: tenths(named('JSHeapUsedSize') / 1e6) };
}

/** The value below which this share of all lies, in tenths. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return tenths(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export const tenths = (value: number): number => Math.round(value * 10) / 10;

/** Opens a page of the system. */
export async function openPage(context: BrowserContext, path = '/'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(path);
  return page;
}

/**
 * Stores a chat of questions and answers with everything in them.
 *
 * @param name begins the ids of its messages
 * @param answer characters of an answer at least
 */
export async function storeChat(
  context: BrowserContext,
  { name, messages, answer = 0 }: { name: string; messages: number; answer?: number },
): Promise<string> {
  const page = await openPage(context);
  const filler = 'Some more about things, and how they are. '.repeat(Math.ceil(answer / 42));
  const kept = Array.from({ length: messages }, (_, nth): KeptMessage => {
    const at = { id: `${name}-${nth}`, parentId: nth === 0 ? null : `${name}-${nth - 1}` };
    if (nth % 2 === 0) return { ...at, role: 'user', content: `Question ${nth}?` };
    const content = `Message **${nth}** about things.\n\n- one\n- two\n\n\`\`\`ts\nconst a = ${nth};\n\`\`\`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n${filler}`;
    return { ...at, role: 'assistant', content };
  });
  const chatId = await keepChat(page, `Chat ${name}`, kept);
  await page.close();
  return chatId;
}
