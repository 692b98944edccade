import type { BrowserContext, Page } from '@playwright/test';
import { chooseModel } from '../../support/page';
import { countRenders } from '../../web/render-counter';
import { type Figures, frames, mean, quantile, slow, tenths } from './tools';

/** Streams Markdown of every kind at 100 tokens a second, for longer than it is read. */
export const STREAM = 'sim-t9000-r100-md';
/** The same, 50 kB within some seconds. */
export const FAST_STREAM = 'sim-t10000-r2000-md';

const READ_MS = 60_000;
/** Of these nothing is expected: the page settles. */
const SETTLE_MS = 1_000;

interface Watched {
  shifts: number[];
  /** Where the first row in view was, in each frame. */
  offsets: number[];
}

/** What happens while an answer is read that grows by 100 tokens a second: renders, shifts, frames; and the frames of an empty page. */
export async function reading(context: BrowserContext): Promise<Figures> {
  const empty = await context.newPage();
  await slow(empty);
  const idle = await frames(empty, 5_000);
  await empty.close();
  const page = await context.newPage();
  await countRenders(page);
  await ask(page, STREAM);
  await slow(page);
  await grown(page, 400);
  await page.waitForTimeout(SETTLE_MS);
  await page.evaluate(watch);
  const during = await frames(page, READ_MS);
  const seen = await page.evaluate(() => {
    const { shifts, offsets } = (window as unknown as { watched: Watched }).watched;
    return {
      renders: window.renders.finalBlocks.length + window.renders.otherMessages,
      commits: window.renders.commits,
      shift: shifts.reduce((sum, value) => sum + value, 0),
      moved: Math.max(...offsets) - Math.min(...offsets),
      blocks: document.querySelectorAll('.message-assistant:last-child .markdown > *').length,
    };
  });
  await page.close();
  return {
    final_block_renders: seen.renders,
    layout_shift: seen.shift,
    row_moved_px: tenths(seen.moved),
    stream_commits: seen.commits,
    stream_blocks: seen.blocks,
    frame_p50_ms: quantile(during, 0.5),
    frame_p99_ms: quantile(during, 0.99),
    frame_max_ms: quantile(during, 1),
    empty_frame_p50_ms: quantile(idle, 0.5),
    empty_frame_p99_ms: quantile(idle, 0.99),
    empty_frame_max_ms: quantile(idle, 1),
  };
}

/** What it costs to show what has come of an answer of 50 kB, and whether it costs more at its end. */
export async function flushing(context: BrowserContext): Promise<Figures> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const flushes: number[] = [];
    let commits = 0;
    const hook = {
      ...{ supportsFiber: true, isDisabled: false, renderers: new Map(), inject: () => 1 },
      onCommitFiberUnmount: () => undefined,
      onCommitFiberRoot: () => (commits += 1),
    };
    Object.assign(window, { flushes, __REACT_DEVTOOLS_GLOBAL_HOOK__: hook });
    const { requestAnimationFrame: ask } = window;
    window.requestAnimationFrame = (run) =>
      ask.call(window, (time) => {
        const [began, before] = [performance.now(), commits];
        run(time);
        // React renders in a microtask after the stores have told it.
        queueMicrotask(() => commits > before && flushes.push(performance.now() - began));
      });
  });
  await ask(page, FAST_STREAM);
  await grown(page, 100);
  await page.evaluate(() => ((window as unknown as { flushes: number[] }).flushes.length = 0));
  await grown(page, 45_000);
  const flushes = await page.evaluate(() => (window as unknown as { flushes: number[] }).flushes);
  await page.close();
  const tenth = Math.ceil(flushes.length / 10);
  const [first, last] = [mean(flushes.slice(0, tenth)), mean(flushes.slice(-tenth))];
  return {
    flush_mean_ms: tenths(mean(flushes)),
    flush_max_ms: quantile(flushes, 1),
    flush_last_to_first: Math.round((last / first) * 100) / 100,
    flushes: flushes.length,
  };
}

/** Asks a model at length, in a new chat. */
export async function ask(page: Page, model: string): Promise<void> {
  await page.goto('/');
  await chooseModel(page, model);
  const box = page.getByLabel('Message', { exact: true });
  await box.fill('Tell me at length');
  await box.press('Enter');
}

/** Waits until the last answer has so many characters. */
export async function grown(page: Page, characters: number): Promise<void> {
  await page.waitForFunction(
    (characters) =>
      ([...document.querySelectorAll('.message-assistant .markdown')].at(-1)?.textContent.length ?? 0) > characters,
    characters,
    { timeout: 120_000 },
  );
}

/** Runs in the page: begins to note what must not happen while an answer is read. */
function watch(): void {
  window.renders.finalBlocks = [];
  window.renders.otherMessages = 0;
  window.renders.commits = 0;
  const watched: Watched = { shifts: [], offsets: [] };
  (window as unknown as { watched: Watched }).watched = watched;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) watched.shifts.push((entry as PerformanceEntry & { value: number }).value);
  }).observe({ type: 'layout-shift' });
  const top = document.querySelector('.messages')!.getBoundingClientRect().top;
  const row = [...document.querySelectorAll('[data-message]')].find(
    (element) => element.getBoundingClientRect().bottom > top,
  )!;
  const look = () => {
    watched.offsets.push(row.getBoundingClientRect().top);
    requestAnimationFrame(look);
  };
  look();
}
