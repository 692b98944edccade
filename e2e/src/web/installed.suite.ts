import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@perennial/launcher';
import type { BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PageSystem } from './page-system';

export function installed(system: PageSystem): void {
  describe('the page as an installed program, and over an upgrade', () => {
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      context = await system.person('installed');
    });

    afterAll(() => context?.close());

    beforeEach(async () => {
      page = await context.newPage();
    });

    afterEach(() => page.close());

    const box = () => page.getByLabel('Message', { exact: true });

    it('can be installed, and finds by a shortcut', async () => {
      await page.goto('/?find');
      await page.getByRole('dialog').getByRole('combobox').waitFor();
      expect(new URL(page.url()).search).toBe('');
      const browser = await context.newCDPSession(page);
      const { url, errors } = await browser.send('Page.getAppManifest');
      expect([new URL(url).pathname, errors]).toEqual(['/manifest.json', []]);
      const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
      // A window of a test keeps nothing, so nothing is installed from it.
      expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
    });

    it('takes texts and files that other programs share into the box of a new chat, below what was written', async () => {
      // Only a window of its own takes what is shared: any site can send a form to a tab.
      await page.addInitScript(() => {
        if (sessionStorage.getItem('installed') === null) return;
        const ask = matchMedia.bind(window);
        window.matchMedia = (query) => ask(query.includes('standalone') ? 'all' : query);
      });
      await page.goto('/');
      await box().fill('Written before');
      await page.evaluate(async () => {
        await navigator.serviceWorker.register('/sw.js');
        await navigator.serviceWorker.ready;
      });
      // The worker answers the pages that are opened from now on.
      const share = async () => {
        await page.goto('/files');
        await page.evaluate(() => {
          const form = document.createElement('form');
          Object.assign(form, { action: '/share', method: 'POST', enctype: 'multipart/form-data' });
          const values = { title: 'A title', text: 'A text', url: 'https://example.com/a' };
          for (const [name, value] of Object.entries(values))
            form.append(Object.assign(document.createElement('input'), { name, value }));
          const files = new DataTransfer();
          files.items.add(new File(['The access word is heron.'], 'Wörter & more.txt', { type: 'text/plain' }));
          form.append(
            Object.assign(document.createElement('input'), { name: 'files', type: 'file', files: files.files }),
          );
          document.body.append(form);
          form.submit();
        });
        await page.waitForURL((url) => url.pathname === '/' && url.search === '');
      };
      await share();
      await page.waitForFunction(async () => (await (await caches.open('shares')).keys()).length === 0);
      expect(await box().inputValue()).toBe('Written before');
      expect(await page.getByText('Wörter & more.txt', { exact: true }).count()).toBe(0);
      await page.evaluate(() => sessionStorage.setItem('installed', '1'));
      await share();
      await page.getByText('Wörter & more.txt', { exact: true }).waitFor();
      expect(await box().inputValue()).toBe('Written before\nA title\nA text\nhttps://example.com/a');
      expect(new URL(page.url()).search).toBe('');
      // A file that the server has is there again after a reload; what was taken does not come a second time.
      await page.locator('.tray-lack', { hasText: 'Still being sent' }).waitFor({ state: 'detached' });
      await page.goto('/?shared');
      await page.getByText('Wörter & more.txt', { exact: true }).waitFor();
      expect(await page.getByText('Wörter & more.txt', { exact: true }).count()).toBe(1);
      await page.getByRole('button', { name: 'Remove Wörter & more.txt' }).click();
      await box().fill('');
      await page.evaluate(() => sessionStorage.removeItem('installed'));
    });

    it('is loaded again, once, for a part that is gone with its version; what was written stays', async () => {
      let version = 'before';
      await page.clock.install();
      await page.route('**/api/version', (route) => route.fulfill({ json: { version: '1', deployment_id: version } }));
      await page.route('**/assets/palette-*.js', (route) => route.fulfill({ status: 404, body: '{}' }));
      const asked = page.waitForResponse('**/api/version');
      await page.goto('/');
      await box().fill('Still being written');
      await page.clock.fastForward(6_000);
      await (await asked).finished();
      // What is asked for after the answer comes after it: then the page has read it too, and draws.
      await page.evaluate(() => fetch('/api/version').then((reply) => reply.text()));
      await page.clock.runFor(100);
      version = 'after';
      const reloaded = page.waitForEvent('load');
      await page.keyboard.press('Control+k');
      await reloaded;
      await expect.poll(() => box().inputValue()).toBe('Still being written');
      let loads = 0;
      page.on('load', () => (loads += 1));
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').getByRole('button', { name: 'Load the page again' }).waitFor();
      expect([loads, await box().inputValue()]).toEqual([0, 'Still being written']);
      await box().evaluate((element: HTMLTextAreaElement) => (element.value = ''));
    });

    it('loads parts of its version from a gateway that has only another one, before and after', async () => {
      const next = await nextRelease();
      const loadsPart = async (of: Page): Promise<void> => {
        await of.bringToFront();
        await of.keyboard.press('Control+k');
        await of.getByRole('dialog').getByRole('combobox').waitFor();
      };
      await page.goto('/');
      await box().waitFor();
      await system.replaceGateway(next);
      await loadsPart(page);
      // A browser that has nothing of the version before.
      const others = await system.person('installed-next');
      const newer = await others.newPage();
      const parts: string[] = [];
      newer.on('request', (request) => parts.push(new URL(request.url()).pathname));
      await newer.goto('/');
      await newer.getByLabel('Message', { exact: true }).waitFor();
      await system.replaceGateway(ROOT);
      await loadsPart(newer);
      expect(parts.filter((path) => path.includes('/palette-'))).toEqual([expect.stringMatching(/-Of_Next1\.js$/)]);
      await others.close();
      await rm(next, { recursive: true });
    });
  });
}

/** A clone whose page differs from this one by the name of a part, as after a change of it. */
async function nextRelease(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'next-release-'));
  const assets = join(root, 'apps/web/dist/assets');
  await mkdir(join(root, 'apps/gateway'), { recursive: true });
  for (const folder of ['apps/gateway/dist', 'apps/web/dist'])
    await cp(join(ROOT, folder), join(root, folder), { recursive: true });
  await cp(join(ROOT, 'apps/gateway/package.json'), join(root, 'apps/gateway/package.json'));
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  const names = await readdir(assets);
  const before = names.find((name) => /^palette-.*\.js$/.test(name))!;
  const renamed = async (file: string): Promise<void> => {
    const text = await readFile(file, 'utf8');
    if (!text.includes(before)) return;
    await writeFile(file, text.replaceAll(before, 'palette-Of_Next1.js'));
    for (const end of ['br', 'gz']) await rm(`${file}.${end}`, { force: true });
  };
  for (const name of names.filter((one) => one.endsWith('.js'))) await renamed(join(assets, name));
  await rename(join(assets, before), join(assets, 'palette-Of_Next1.js'));
  for (const end of ['br', 'gz']) await rm(join(assets, `${before}.${end}`));
  const page = join(root, 'apps/web/dist/index.html');
  await writeFile(page, `${await readFile(page, 'utf8')}<!-- next -->`);
  for (const end of ['br', 'gz']) await rm(`${page}.${end}`);
  return root;
}
