import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Frame, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keepChat } from '../support/page';
import type { PageSystem } from './page-system';

const FLOW =
  'flowchart LR\n  accTitle: How a heron eats\n  A[Look] --> B{A fish?}\n  B -- yes --> C[سمكة]\n  B -- no --> A';
const fenced = (source: string): string => `\`\`\`mermaid\n${source}\n\`\`\``;

export function drawing(system: PageSystem): void {
  describe('an answer draws diagrams', () => {
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      context = await system.person('drawing');
    });

    afterAll(() => context?.close());

    beforeEach(async () => {
      page = await context.newPage();
      await page.goto('/files');
    });

    afterEach(() => page.close());

    async function open(...answer: string[]): Promise<void> {
      const question = { id: 'q', parentId: null, role: 'user' as const, content: 'Draw' };
      const id = await keepChat(page, 'Drawn', [
        question,
        { id: 'a', parentId: 'q', role: 'assistant', content: answer.join('\n\n') },
      ]);
      await page.goto(`/c/${id}`);
    }

    const figure = () => page.getByRole('figure', { name: 'Diagram: How a heron eats' });
    const picture = () => figure().getByRole('img');
    const sandbox = () => page.frames().find((frame) => frame.url().includes('/sandbox/'));

    async function saved(button: string): Promise<Buffer> {
      const coming = page.waitForEvent('download');
      await figure().getByRole('button', { name: button }).click();
      return readFile(await (await coming).path());
    }

    it('as pictures that are zoomed, saved, and shown as their source; one that is wrong says why', async () => {
      await open(
        fenced(FLOW),
        'Then',
        fenced('flowchart LR\n  A --> --> B'),
        'At last',
        '```mermaid\nflowchart LR\n  C --> D',
      );
      await picture().waitFor();
      const size = () => picture().evaluate((image: HTMLImageElement) => [image.naturalWidth, image.width]);
      await expect.poll(async () => (await size())[0]).toBeGreaterThan(100);
      const [natural = 0] = await size();
      await figure().getByRole('button', { name: 'Zoom in' }).click();
      await expect.poll(async () => (await size())[1]).toBe(Math.round(natural * 1.25));
      const svg = (await saved('Save as SVG')).toString();
      expect(svg).toMatch(/^<svg[\s\S]*سمكة[\s\S]*<\/svg>$/);
      expect(svg).not.toMatch(/<script|foreignObject|\son\w+=/i);
      expect((await saved('Save as PNG')).subarray(1, 4).toString()).toBe('PNG');
      await figure().getByRole('button', { name: 'Source' }).click();
      await figure().getByText('B -- no --> A').waitFor();
      await figure().getByRole('button', { name: 'Full view' }).click();
      await page.getByRole('dialog', { name: 'Diagram: How a heron eats' }).getByRole('img').waitFor();
      await page.keyboard.press('Escape');

      await page.getByText(/^The diagram cannot be drawn: Parse error/).waitFor();
      await page.locator('pre').getByText('A --> --> B').waitFor();
      // Its fence has no end.
      expect(await page.locator('pre').getByText('C --> D').count()).toBe(1);
      expect(await page.getByRole('figure').count()).toBe(1);
    });

    it('in a frame that reaches nothing: no network, no storage, no page, no window, no form', async () => {
      await open(fenced(FLOW));
      await picture().waitFor();
      // Another server, which a request would reach if the browser sent one.
      const reached: string[] = [];
      const elsewhere = createServer((request, reply) => {
        reached.push(request.url ?? '');
        reply.setHeader('access-control-allow-origin', '*').end();
      });
      elsewhere.on('upgrade', (request, socket) => {
        reached.push(request.url ?? '');
        socket.destroy();
      });
      await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
      const address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/tried`;
      page.on('response', (response) => response.url().includes('tried') && reached.push(response.url()));
      const tried = await sandbox()!.evaluate(tryEverything, address);
      expect(tried).toEqual({
        ...{
          origin: 'null',
          fetch: 'refused',
          ownFetch: 'refused',
          socket: 'refused',
          beacon: 'refused',
          cookie: 'refused',
        },
        ...{
          storage: 'refused',
          database: 'refused',
          page: 'refused',
          top: 'refused',
          popup: 'refused',
          worker: 'refused',
        },
      });
      // Its own address is refused too, which may end what runs in it.
      await leave(sandbox()!, address).catch(() => undefined);
      elsewhere.close();
      expect(reached).toEqual([]);
      expect(new URL(page.url()).pathname).toMatch(/^\/c\//);
      await picture().waitFor();
    });

    it('and stops one that hangs: the page goes on, shows the source, and tries again', async () => {
      await page.clock.install();
      const hangs = `parent.postMessage({ version: 1, kind: 'ready' }, '*'); addEventListener('message', () => { for (;;); });`;
      const headers = { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' };
      await page.route('**/assets/sandbox-diagram-*.js', (route) => route.fulfill({ body: hangs, headers }));
      await open(fenced(FLOW));
      await page.getByText('B -- no --> A').waitFor();
      await page.waitForFunction(() => document.querySelector('iframe') !== null);
      await page.getByLabel('Message', { exact: true }).fill('The page goes on');
      const again = page
        .getByRole('button', { name: 'Try again', exact: true })
        .and(page.locator('.diagram-problem *'));
      await expect
        .poll(async () => {
          await page.clock.fastForward(21_000);
          return again.count();
        })
        .toBe(1);
      await page.getByText('The diagram took too long to draw and was stopped.').waitFor();
      expect(await page.locator('iframe').count()).toBe(0);
      await page.unroute('**/assets/sandbox-diagram-*.js');
      // Under the clock of the test a frame draws slowly, and one that is too slow on a busy machine is stopped again.
      await expect
        .poll(
          async () => {
            if ((await again.count()) > 0) await again.click();
            return picture().count();
          },
          { timeout: 100_000, interval: 500 },
        )
        .toBe(1);
      await page.getByLabel('Message', { exact: true }).fill('');
    });
  });
}

/** Runs in the frame. What each way out of it came to. */
async function tryEverything(address: string): Promise<Record<string, string>> {
  const outcome = async (way: () => unknown): Promise<string> => {
    try {
      return (await way()) ? 'allowed' : 'refused';
    } catch {
      return 'refused';
    }
  };
  const opened = (socket: WebSocket): Promise<boolean> =>
    new Promise((done) => {
      socket.onopen = () => done(true);
      socket.onerror = () => done(false);
    });
  return {
    origin: self.origin,
    fetch: await outcome(() => fetch(address, { mode: 'no-cors' })),
    ownFetch: await outcome(() => fetch('/api/config?tried', { mode: 'no-cors' })),
    socket: await outcome(() => opened(new WebSocket(address.replace('http', 'ws')))),
    beacon: await outcome(() => navigator.sendBeacon(address) && document.querySelector('nothing')),
    cookie: await outcome(() => {
      document.cookie = 'a=b';
      return document.cookie;
    }),
    storage: await outcome(() => localStorage),
    database: await outcome(
      () =>
        new Promise((done, failed) => {
          const request = indexedDB.open('tried');
          request.onsuccess = done;
          request.onerror = failed;
        }),
    ),
    page: await outcome(() => parent.document),
    top: await outcome(() => {
      top!.location.href = address;
      return false;
    }),
    popup: await outcome(() => window.open(address)),
    worker: await outcome(
      () =>
        new Promise((done, failed) => {
          const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
          worker.onmessage = done;
          worker.onerror = failed;
        }),
    ),
  };
}

/** Pictures, styles, frames, forms and the frame's own address lead nowhere either. */
async function leave(frame: Frame, address: string): Promise<void> {
  await frame.evaluate(async (address) => {
    const load = (tag: string, values: object): Promise<unknown> =>
      new Promise((done) => {
        const element = Object.assign(document.createElement(tag), values);
        element.onload = element.onerror = done;
        document.body.append(element);
        setTimeout(done, 300);
      });
    await Promise.all([
      load('img', { src: address }),
      load('script', { src: address }),
      load('link', { rel: 'stylesheet', href: address }),
      load('iframe', { src: address }),
      load('object', { data: address }),
    ]);
    const form = Object.assign(document.createElement('form'), { action: address, method: 'POST', target: '_top' });
    document.body.append(form);
    form.submit();
    location.href = address;
  }, address);
  // What the frame asked for last has been refused or sent when the browser answers the next question.
  await frame.page().evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
