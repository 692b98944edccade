import AxeBuilder from '@axe-core/playwright';
import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { firstToSignUp, launchBrowser, noBrowser } from './support/browser';
import { answerEnded, chooseModel, keepChat, type KeptMessage } from './support/page';
import { watchLine } from './support/page-line';
import { watchSeam } from './support/page-seam';

const MODEL = 'sim-t120-r30-x';

describe.skipIf(noBrowser)('the page, in a real browser', () => {
  let simulator: Simulator;
  let system: RunningSystem;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    simulator = await startSimulator({ port: 0, models: [MODEL, 'sim-t2000-r30-x', 'sim-t60-r30-cut20'] });
    system = await launchSystem({
      scale: { gateway: 2 },
      env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
    });
    browser = await launchBrowser();
    context = await firstToSignUp(browser, system.baseUrl);
  });

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    await simulator?.close();
  });

  beforeEach(async () => {
    page = await context.newPage();
    await page.goto('/');
    await page.getByText('What is on your mind?').waitFor();
  });

  afterEach(() => page.close());

  async function say(text: string, model = MODEL): Promise<void> {
    await chooseModel(page, model);
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.getByLabel('Message', { exact: true }).press('Enter');
    await page.waitForURL(/\/c\//);
  }

  const grown = (characters: number) =>
    page.waitForFunction(
      (characters) => (document.querySelector('.message-assistant .markdown')?.textContent?.length ?? 0) > characters,
      characters,
    );
  const answer = () => page.locator('.message-assistant').last();
  const ended = () => answerEnded(page);
  const shown = async () => (await answer().locator('.markdown').textContent())?.trim();

  it('streams an answer, names the chat, and shows both again after a reload', async () => {
    await say('hello there');
    await answer().locator('.markdown').waitFor();
    await ended();
    expect(await shown()).toBe(expectedText(MODEL, 'hello there', 120).trim());
    await page.getByRole('link', { name: 'Simulated title' }).first().waitFor();
    await page.reload();
    await answer().locator('.markdown').waitFor();
    expect(await shown()).toBe(expectedText(MODEL, 'hello there', 120).trim());
  });

  it('continues an answer after a reload', async () => {
    await say('reload me');
    await grown(60);
    await page.reload();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await ended();
    expect(await shown()).toBe(expectedText(MODEL, 'reload me', 120).trim());
  });

  it('stops, shows it, keeps the text, and answers again', async () => {
    await say('a long one', 'sim-t2000-r30-x');
    await answer().locator('.markdown').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await ended();
    await answer().getByText('Stopped.').waitFor();
    const kept = (await shown()) ?? '';
    expect(kept.length).toBeGreaterThan(0);
    expect(expectedText('sim-t2000-r30-x', 'a long one', 2000).trim().startsWith(kept)).toBe(true);
    await chooseModel(page, MODEL);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await ended();
    expect(await shown()).toBe(expectedText(MODEL, 'a long one', 120).trim());
    await answer().getByRole('group', { name: 'Version 2 of 2' }).waitFor();
    await answer().getByRole('button', { name: 'Previous version' }).click();
    await answer().getByRole('group', { name: 'Version 1 of 2' }).waitFor();
    expect(await shown()).toBe(kept);
  });

  it('shows the error when the provider disconnects, and the chat can continue', async () => {
    await say('break off', 'sim-t60-r30-cut20');
    const alert = answer().getByRole('alert');
    await alert.getByText('The connection to the model broke off').waitFor();
    await answer().getByRole('button', { name: 'Try again' }).waitFor();
    await page.evaluate(() => localStorage.setItem('language', 'de'));
    await page.reload();
    await alert.getByText('Die Verbindung zum Modell brach ab').waitFor();
    await page.evaluate(() => localStorage.removeItem('language'));
    await page.reload();
    await chooseModel(page, MODEL);
    await page.getByLabel('Message', { exact: true }).fill('go on');
    await page.getByLabel('Message', { exact: true }).press('Enter');
    await page.locator('.message-assistant').nth(1).waitFor();
    await ended();
    expect(await shown()).toBe(expectedText(MODEL, 'go on', 120).trim());
  });

  it('reads on without a seam, each text once over its one line, and without a word of it, while all gateways die', async () => {
    const line = await watchLine(page);
    await say('through a death');
    await answer().locator('.markdown').waitFor();
    const seen = await watchSeam(page);
    const killedAt = Date.now();
    await Promise.all([system.kill('gateway', 1), system.kill('gateway', 2)]);
    await ended();
    const { said, torn } = await seen();
    expect(torn).toEqual([]);
    expect(said.filter(({ at }) => at < killedAt + 3_000)).toEqual([]);
    const text = expectedText(MODEL, 'through a death', 120);
    expect(await shown()).toBe(text.trim());
    expect(line.streams).toEqual([]);
    expect(line.pieces.join('')).toBe(text);
    expect(line.events).not.toContain(text.slice(0, 60));
    expect(line.events).toContain('chat:active');
  });

  it('reads on without a seam, and without a word of it, while the worker that writes and all gateways die', async () => {
    await say('through more deaths');
    await grown(60);
    const seen = await watchSeam(page);
    const killedAt = Date.now();
    await Promise.all([system.kill('chat', 1), system.kill('gateway', 1), system.kill('gateway', 2)]);
    await ended();
    const { said, torn } = await seen();
    expect(torn).toEqual([]);
    expect(said.filter(({ at }) => at < killedAt + 3_000)).toEqual([]);
    expect(await shown()).toBe(expectedText(MODEL, 'through more deaths', 120).trim());
  });

  it('can be used with the keyboard alone, and has no accessibility violations in light and dark', async () => {
    await page.keyboard.press('Shift+Tab');
    await page.getByLabel('Message', { exact: true }).focus();
    await page.keyboard.type('by keyboard');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/c\//);
    await ended();
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.reload();
      await answer().locator('.markdown').waitFor();
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      expect(violations.map(({ id, nodes }) => `${scheme} ${id}: ${nodes[0]?.html}`)).toEqual([]);
    }
  });

  it('fits a phone: no sideways scrolling, the list is a drawer', async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    await page.reload();
    await page.getByText('What is on your mind?').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect(await page.getByRole('navigation', { name: 'Chats' }).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Chats' }).click();
    await page.getByRole('link', { name: 'New chat' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'New chat' }).waitFor({ state: 'hidden' });
  });

  /** Shows a chat with this answer. */
  const showAnswer = async (markdown: string): Promise<void> => {
    const message: KeptMessage = { id: 'a', parentId: null, role: 'assistant', content: markdown };
    await page.goto(`/c/${await keepChat(page, 'Made elsewhere', [message])}`);
    await answer().locator('.markdown').waitFor();
  };

  it('collapses the thoughts of an answer, also of an old one, and opens them by keyboard', async () => {
    await showAnswer('<think>\nDo they mean **me**?\n</think>\n\nHello to you.');
    expect(await shown()).toBe('Hello to you.');
    const thoughts = answer().getByText('Thoughts');
    expect(await answer().getByText('Do they mean').count()).toBe(0);
    await thoughts.press('Enter');
    await answer().getByText('Do they mean').waitFor();
    expect(await answer().locator('.thoughts strong').textContent()).toBe('me');
    expect(await answer().getByText('<think>').count()).toBe(0);
  });

  it('runs no script of an answer', async () => {
    await showAnswer(
      '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>[click](javascript:window.hacked=1)',
    );
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(await answer().locator('img, script').count()).toBe(0);
    expect(await answer().getByText('click').getAttribute('href')).toBeFalsy();
  });

  it('shows the routes at /docs, tries one, and asks no other host', async () => {
    const refused: string[] = [];
    const asked = new Set<string>();
    const docs = await context.newPage();
    docs.on('console', (message) => {
      if (message.type() === 'error') refused.push(message.text());
    });
    docs.on('request', (request) => {
      if (!request.url().startsWith('data:')) asked.add(new URL(request.url()).origin);
    });
    await docs.goto('/docs');
    await docs.getByRole('link', { name: 'models', exact: true }).click();
    await docs.locator('[data-path="/api/models"]').first().click();
    await docs.getByRole('button', { name: 'Try it out' }).click();
    await docs.getByRole('button', { name: 'Execute' }).click();
    await docs.locator('.live-responses-table .response-col_status', { hasText: '200' }).first().waitFor();
    expect(refused).toEqual([]);
    expect([...asked]).toEqual([new URL(system.baseUrl).origin]);
    await docs.close();

    const stranger = await browser.newPage({ baseURL: system.baseUrl });
    await stranger.goto('/docs');
    await stranger.getByRole('link', { name: 'Sign in' }).waitFor();
    await stranger.close();
  });
});
