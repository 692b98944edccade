import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import type { BrowserContext, Frame, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keepChat } from '../support/page';
import { violations } from '../support/page-checks';
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

    it('and stops one that hangs: the next one does not wait for one that was left, the page goes on, shows the source, and tries again', async () => {
      // Only the page's waits for frames are others. A clock of the driver waits for the frame that hangs.
      await page.addInitScript(() => {
        const wait = window.setTimeout;
        const NEVER = 100_000_000;
        const hasten = (run: TimerHandler, ms?: number, ...values: unknown[]) => {
          const silent = 'isLeft' in window ? 500 : NEVER;
          const another = new Map([
            [20_000, silent],
            [60_000, NEVER],
            [2_000, 50],
          ]).get(ms ?? 0);
          return wait(run, self === top && !('drawsWell' in window) ? (another ?? ms) : ms, ...values);
        };
        window.setTimeout = hasten as typeof setTimeout;
        addEventListener('message', ({ data }: MessageEvent<{ kind?: string }>) => {
          if (data.kind === 'alive') Object.assign(window, { isDrawing: true });
        });
      });
      const tell = (kind: string) => `parent.postMessage({ version: 1, kind: '${kind}' }, '*');`;
      const hangs = `${tell('ready')} addEventListener('message', () => { ${tell('alive')} setTimeout(() => { for (;;); }, 50); });`;
      const headers = { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' };
      await page.route('**/assets/sandbox-diagram-*.js', (route) => route.fulfill({ body: hangs, headers }));
      await keepChat(page, 'The next one', [
        { id: 'q', parentId: null, role: 'user', content: 'Draw' },
        { id: 'a', parentId: 'q', role: 'assistant', content: fenced(FLOW) },
      ]);
      await open(fenced('flowchart LR\n  C --> D'));
      await page.waitForFunction(() => 'isDrawing' in window);
      await page.evaluate(() => Object.assign(window, { isLeft: true }));
      const left = page.waitForEvent('framedetached');
      await page.getByRole('link', { name: 'The next one' }).click();
      await left;
      await page.getByText('B -- no --> A').waitFor();
      await page.getByLabel('Message', { exact: true }).fill('The page goes on');
      await page.getByText('The diagram took too long to draw and was stopped.').waitFor();
      expect(await page.locator('iframe').count()).toBe(0);
      await page.unroute('**/assets/sandbox-diagram-*.js');
      await page.evaluate(() => Object.assign(window, { drawsWell: true }));
      const again = page.locator('.diagram-problem button:not([aria-disabled="true"])');
      // On a busy machine a frame may be too slow once more; then it is stopped, and tried again.
      await expect
        .poll(
          async () => {
            if ((await again.count()) > 0) await again.click();
            return picture().count();
          },
          { timeout: 70_000, interval: 500 },
        )
        .toBe(1);
      await page.getByLabel('Message', { exact: true }).fill('');
    });

    const artifact = (source: string): string => `\`\`\`html\n${source}\n\`\`\``;
    const panel = () => page.getByRole('dialog', { name: 'Page beside the chat' });
    const preview = () => page.frameLocator('iframe[title="Preview of the page"]');
    const beside = () => page.getByRole('button', { name: 'Open beside' });
    const artifactFrame = () => page.frames().find((frame) => frame.url().includes('/sandbox/artifact'));

    it('shows a page beside the chat at a click, with its versions and its source; Escape gives the focus back', async () => {
      const first = '<title>Heron</title><button onclick="this.textContent = 1 + 1">Count</button>';
      await open(artifact(first), 'Then', artifact('<h1>Second</h1><img src="/favicon.svg">'), '```html\n<p>No end');
      await beside().first().waitFor();
      expect([await beside().count(), page.frames().length]).toEqual([2, 1]);
      await beside().first().click();
      await preview().getByRole('button', { name: 'Count' }).click();
      await preview().getByRole('button', { name: '2', exact: true }).waitFor();
      await panel().getByRole('group', { name: 'Version 1 of 2' }).getByRole('button', { name: 'Next' }).click();
      await preview().getByRole('heading', { name: 'Second' }).waitFor();
      await panel().getByText('It wanted to load something').waitFor();
      await panel().getByRole('button', { name: 'Previous version' }).click();
      await panel().getByRole('button', { name: 'Source' }).click();
      expect(await panel().locator('pre').textContent()).toBe(first);
      expect(await violations(page)).toEqual([]);
      expect(artifactFrame()).toBeUndefined();
      const coming = page.waitForEvent('download');
      await panel().getByRole('button', { name: 'Download' }).click();
      expect(await readFile(await (await coming).path(), 'utf8')).toBe(first);
      await panel().getByRole('button', { name: 'Preview' }).click();
      // Also from within the frame, where the page does not hear the key.
      await preview().getByRole('button', { name: 'Count' }).press('Escape');
      await panel().waitFor({ state: 'detached' });
      expect(
        await beside()
          .first()
          .evaluate((button) => button === document.activeElement),
      ).toBe(true);
      // Where there is no room beside the chat it lies above it.
      await page.setViewportSize({ width: 390, height: 780 });
      await beside().first().press('Enter');
      await preview().getByRole('button', { name: 'Count' }).waitFor();
      expect(await panel().evaluate((dialog) => dialog.matches(':modal'))).toBe(true);
      await panel().getByRole('button', { name: 'Close' }).press('Escape');
      await panel().waitFor({ state: 'detached' });
    });

    it('in a frame that reaches nothing either, and stops a page that hangs, or floods the chat with messages', async () => {
      await page.clock.install();
      const reached: string[] = [];
      // A server that is asked for a connection, and one that lives beside every policy.
      const plain = createSocketServer((socket) => {
        reached.push('connection');
        socket.destroy();
      });
      await once(plain.listen(0, '127.0.0.1'), 'listening');
      const stun = createSocket('udp4').on('message', () => reached.push('packet'));
      stun.bind(0, '127.0.0.1');
      await once(stun, 'listening');
      const ways = waysOut((plain.address() as AddressInfo).port, stun.address().port);
      const flood = "<script>for (let n = 0; n < 5000; n++) parent.postMessage(n, '*');</script>";
      const hangs = '<script>for (;;);</script>';
      await open(artifact(hangs), artifact(`<p>Reaches nothing</p>${ways}`), artifact(flood));
      await beside().first().click();
      await page.waitForFunction(() => document.querySelector('iframe') !== null);
      await page.getByLabel('Message', { exact: true }).fill('The page goes on');
      const stopped = panel().getByText('It gave no sign of life for ten seconds and was stopped.');
      await expect
        .poll(async () => {
          await page.clock.fastForward(10_100);
          return stopped.count();
        })
        .toBe(1);
      expect(artifactFrame()).toBeUndefined();

      await panel().getByRole('button', { name: 'Next version' }).click();
      await preview().getByText('All was tried: 4 names, 0 frames').waitFor();
      const elsewhere = createServer((request, reply) => {
        reached.push(request.url ?? '');
        reply.setHeader('access-control-allow-origin', '*').end();
      });
      await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
      const address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/tried`;
      page.on('response', (response) => response.url().includes('tried') && reached.push(response.url()));
      const tried = await artifactFrame()!.evaluate(tryEverything, address);
      expect(Object.values(tried)).toEqual(['null', ...Array<string>(11).fill('refused')]);
      await leave(artifactFrame()!, address).catch(() => undefined);
      elsewhere.close();
      await panel().getByRole('button', { name: 'Next version' }).click();
      await panel().getByText('It sent so many messages').waitFor();
      expect(artifactFrame()).toBeUndefined();
      await page.getByLabel('Message', { exact: true }).fill('');
      plain.close();
      stun.close();
      expect(reached).toEqual([]);
    });
  });
}

/**
 * A page that tries what policies leave open: hints for names and connections, windows within windows, connections of its own, and others in the places of those who
 * look.
 */
function waysOut(tcp: number, udp: number): string {
  const connect = `const c = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:${udp}' }] }); c.createDataChannel('x'); c.createOffer().then((o) => c.setLocalDescription(o))`;
  const inner = `<script>${connect}</script>`;
  const innerText = JSON.stringify(inner).replaceAll('</', '<\\/');
  return `<link rel="preconnect" href="http://127.0.0.1:${tcp}"><iframe srcdoc="${inner}"></iframe><object data="http://127.0.0.1:${tcp}"></object>
<script>
const attempt = (way) => { try { way() } catch {} };
const xhtml = 'http://www.w3.org/1999/xhtml';
attempt(() => { ${connect} });
RegExp.prototype.exec = () => null;
RegExp.prototype.test = () => false;
const { replace } = String.prototype;
String.prototype.replace = function () { return String(this) };
const { call } = Function.prototype;
Function.prototype.call = function (on, ...values) { return Reflect.apply(this, on, values[0] === 'x-nothing' ? ['ifr' + 'ame'] : values) };
const made = ['link', 'IFRAME', 'object', 'embed'].map((name) => document.createElement(name));
for (const one of made) {
  Object.assign(one, { rel: 'preconnect', href: 'http://127.0.0.1:${tcp}', src: 'http://127.0.0.1:${tcp}', data: 'http://127.0.0.1:${tcp}' });
  one.setAttribute('srcdoc', ${innerText});
  document.body.append(one);
}
document.body.append(document.createElementNS(xhtml, 'x:iframe'));
document.body.append(document.implementation.createDocument(xhtml, 'iframe').documentElement);
document.body.insertAdjacentHTML('beforeend', '<ifr' + 'ame srcdoc="a"></ifr' + 'ame>');
document.write('<ifr'); document.write('ame srcdoc="a"></iframe>');
attempt(() => document.body.append(new DOMParser().parseFromString('<ifr' + 'ame srcdoc="a"></ifr' + 'ame>', 'text/html').body));
attempt(() => {
  const entity = '<!DOCTYPE x [<!ENTITY a "&#60;ifr' + "ame xmlns='" + xhtml + "' srcdoc='a'/>" + '">]><x>&a;</x>';
  document.body.append(new DOMParser().parseFromString(entity, 'text/xml').documentElement);
});
attempt(() => {
  const other = document.implementation.createDocument(null, 'x');
  other.documentElement.innerHTML = '<é:ifr' + 'ame xmlns:é="' + xhtml + '" srcdoc="a"/>';
  document.body.append(other.documentElement);
});
attempt(() => {
  class Own extends HTMLIFrameElement {}
  document.customElementRegistry.define('x-own', Own, { extends: 'iframe' });
  document.body.append(new Own());
});
attempt(() => document.body.setHTML('<li' + 'nk rel="preconnect" href="http://127.0.0.1:${tcp}">', { sanitizer: { elements: ['link'], attributes: ['rel', 'href'] } }));
Function.prototype.call = call;
String.prototype.replace = replace;
const rules = Object.assign(document.createElement('script'), { type: 'speculationrules' });
rules.textContent = JSON.stringify({ prefetch: [{ urls: ['http://127.0.0.1:${tcp}/'], eagerness: 'immediate' }] });
document.head.append(rules);
const script = 'javascript:' + encodeURIComponent(JSON.stringify(${innerText}));
attempt(() => { location = script });
attempt(() => Object.assign(document.createElement('a'), { href: script }).click());
const tried = 'All was tried: ' + made.filter(({ localName }) => localName === 'x-nothing').length + ' names, ' + frames.length + ' frames';
// An address that is a script runs in a later turn.
setTimeout(() => document.body.append(tried), 100);
</script>`;
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
