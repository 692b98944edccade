import type { BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerEnded, keepChat } from '../support/page';
import type { PageSystem } from './page-system';
import { countRenders } from './render-counter';

const PROSE = Array.from({ length: 40 }, (_, at) => `Paragraph ${at} has some **bold** words and \`code\`.`).join(
  '\n\n',
);

/** A browser gives a worker that hangs some seconds before it ends it. */
const PATIENT = { timeout: 20_000 };

export function answers(system: PageSystem): void {
  describe('an answer on the page', () => {
    let context: BrowserContext;
    let page: Page;
    let refused: string[];

    beforeAll(async () => {
      context = await system.person('answers');
    });

    afterAll(() => context?.close());

    beforeEach(async () => {
      page = await context.newPage();
      refused = [];
      page.on('console', (message) => {
        if (message.type() === 'error') refused.push(message.text());
      });
      await countRenders(page);
      await page.goto('/');
      await page.getByText('What is on your mind?').waitFor();
    });

    afterEach(() => page.close());

    const box = () => page.getByLabel('Message', { exact: true });
    const answer = () => page.locator('.message-assistant').last();
    const ended = () => answerEnded(page);

    async function say(text: string): Promise<void> {
      await box().fill(text);
      await box().press('Enter');
      await page.waitForURL(/\/c\//);
    }

    it('suggests what one might ask next, also after a reload, and asks it at a press', async () => {
      await say('What is a herbarium?');
      const next = answer().getByRole('list', { name: 'What to ask next' });
      await next.getByRole('button', { name: 'How old is it?' }).waitFor();
      await page.reload();
      await box().fill('A draft.');
      await next.getByRole('button', { name: 'Who keeps it?' }).press('Enter');
      await page.locator('.message-user').last().getByText('Who keeps it?').waitFor();
      await ended();
      expect(await box().inputValue()).toBe('A draft.');
      // It belongs to the end of the chat.
      const first = page.locator('.message-assistant').first();
      expect(await first.getByRole('list', { name: 'What to ask next' }).count()).toBe(0);
    });

    it('comes by an event stream where no socket can be had', async () => {
      await page.routeWebSocket(/socket\.io/, (socket) => socket.close());
      const stream = page.waitForRequest(/\/runs\/[^/]+\/events/);
      await page.reload();
      await say('At length');
      await stream;
      await answer().getByText('Word 5 of a long answer.').first().waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();
      await answer().getByText('Stopped.').waitFor();
    });

    it('renders only what grows: no final block, and no other message', async () => {
      await say('The first question.');
      await ended();
      await box().fill(PROSE);
      await box().press('Enter');
      await page.waitForFunction(
        () => document.querySelectorAll('.message-assistant:last-child .markdown > p').length > 3,
      );
      await page.evaluate(() => {
        window.renders.finalBlocks = [];
        window.renders.otherMessages = 0;
        window.renders.commits = 0;
        (window as unknown as { first: unknown }).first = document.querySelector(
          '.message-assistant:last-child .markdown > p',
        );
      });
      await page.waitForFunction(
        () => document.querySelectorAll('.message-assistant:last-child .markdown > p').length > 30,
      );
      const { commits, finalBlocks, otherMessages } = await page.evaluate(() => window.renders);
      expect(commits).toBeGreaterThan(5);
      expect({ finalBlocks, otherMessages }).toEqual({ finalBlocks: [], otherMessages: 0 });
      await ended();
      await answer().getByRole('button', { name: 'Try again' }).waitFor();
      // The end makes nothing anew: what was selected in it stays selected.
      const same = await page.evaluate(
        () =>
          (window as unknown as { first: unknown }).first ===
          document.querySelector('.message-assistant:last-child .markdown > p'),
      );
      expect(same).toBe(true);
    });

    it('draws formulas and tables within the strict policy of the page, and loads KaTeX only then', async () => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await say('No formula.');
      await ended();
      expect(asked.filter((url) => /katex/i.test(url))).toEqual([]);
      await box().fill(
        'So $x_1^2$ and\n\n$$\n\\frac{a}{b}\n+ \\colorbox{red}{c}\n$$\n\nIt costs $5 and $6.\n\n| a | b |\n|---|--:|\n| 1 | **2** |',
      );
      await box().press('Enter');
      await page.locator('.message-assistant').nth(1).waitFor();
      await ended();
      await answer().locator('.math-block .katex-display').waitFor();
      expect(await answer().locator('.katex').count()).toBe(2);
      expect(await answer().getByText('It costs $5 and $6.').count()).toBe(1);
      expect(await answer().locator('td.align-right strong').textContent()).toBe('2');
      const fonts = await page.evaluate(async () => {
        await document.fonts.ready;
        return [...document.fonts].filter(({ family, status }) => family.includes('KaTeX') && status === 'loaded')
          .length;
      });
      expect(fonts).toBeGreaterThan(0);
      expect(refused).toEqual([]);
    });

    it('shows a formula as its source when KaTeX cannot be loaded', async () => {
      await page.route('**/assets/katex*', (route) => route.abort());
      await say('So $x_1^2$ is');
      await ended();
      await answer().locator('code.math-source', { hasText: 'x_1^2' }).waitFor();
    });

    const CODE = '// A heron\nexport const wait = (minutes: number) => `${minutes} min`;\n';
    const fences = (id: string) => [
      { id: 'q', parentId: null, role: 'user' as const, content: 'Code' },
      {
        ...{ id: 'a', parentId: 'q', role: 'assistant' as const },
        content: `\`\`\`${id}\n${CODE}\`\`\`\n\n\`\`\`unheard-of\nlet a;\n\`\`\`\n\n~~~python\n${'a = 1\n'.repeat(120)}`,
      },
    ];
    const shownCode = (at: number) => answer().locator('pre').nth(at);
    const pieces = (at: number, kind: string) => shownCode(at).locator(`.code-${kind}`).allTextContents();

    it('has code in colours, in parts and near the view only; its text stays as it was written', async () => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await say('No code.');
      await ended();
      expect(asked.filter((url) => /assets\/worker-/.test(url))).toEqual([]);
      await page.goto(`/c/${await keepChat(page, 'Code', fences('ts'))}`);
      await shownCode(0).locator('.code-word').first().waitFor();
      expect(await pieces(0, 'word')).toEqual(['export', 'const']);
      expect(await pieces(0, 'comment')).toEqual(['// A heron']);
      expect(await shownCode(0).textContent()).toBe(CODE.trimEnd());
      expect(await shownCode(1).locator('[class^=code-]').count()).toBe(0);
      // A fence without an end is coloured when its answer has ended; what is folded away waits until it is seen.
      await shownCode(2).locator('.code-number').first().waitFor();
      expect(await shownCode(2).locator('.code-number').count()).toBe(50);
      await answer().getByRole('button', { name: 'Show all' }).click();
      await shownCode(2).locator('code > span').last().scrollIntoViewIfNeeded();
      await expect.poll(() => shownCode(2).locator('.code-number').count()).toBe(120);
      const found = await page.evaluate(() => {
        getSelection()?.removeAllRanges();
        return (window as unknown as { find: (text: string) => boolean }).find('export const wait = (minutes: number)');
      });
      expect(found).toBe(true);
      expect(await page.evaluate(() => getSelection()?.toString())).toBe('export const wait = (minutes: number)');
      expect(refused).toEqual([]);

      // Also one that grew before the reader's eyes.
      await box().fill('Some code');
      await box().press('Enter');
      await page.locator('.message-assistant').nth(1).waitFor();
      await ended();
      await expect.poll(async () => (await pieces(0, 'word')).length).toBeGreaterThanOrEqual(50);
      expect(new Set(await pieces(0, 'word'))).toEqual(new Set(['let']));
    });

    it('leaves code plain when its worker hangs, and goes on', async () => {
      await page.clock.install();
      const body = `postMessage({ kind: 'ready' }); onmessage = () => { for (;;); };`;
      await page.route('**/assets/worker-*.js', (route) => route.fulfill({ body, contentType: 'text/javascript' }));
      await page.goto(`/c/${await keepChat(page, 'Code', fences('js'))}`);
      await expect.poll(() => page.workers().length).toBe(1);
      await box().fill('The page goes on');
      // Two texts hang, each in a worker of its own; then nothing is left to be coloured.
      await expect
        .poll(async () => {
          await page.clock.fastForward(5_100);
          return page.workers().length;
        }, PATIENT)
        .toBe(0);
      expect(await shownCode(0).textContent()).toBe(CODE.trimEnd());
      expect(await answer().locator('[class^=code-]:is(pre *)').count()).toBe(0);
      await box().fill('');
    });

    it('keeps the box and the rest of the page when the part that shows messages cannot be loaded', async () => {
      await page.route('**/assets/transcript-*.js', (route) => route.abort());
      await page.reload();
      await box().fill('Hello?');
      await box().press('Enter');
      await page.getByRole('alert').getByText('This part of the page does not work.').waitFor();
      await page.waitForURL(/\/c\//);
      await box().fill('Half a thought');
      await page.unroute('**/assets/transcript-*.js');
      await page.getByRole('button', { name: 'Load the page again' }).click();
      await answer().getByText('Hello?').waitFor();
      await expect.poll(() => box().inputValue()).toBe('Half a thought');
    });

    it('gives each block and the box the direction of their text', async () => {
      await say('שלום עולם\n\nHello world\n\n- אחת\n- two');
      await ended();
      const direction = (selector: string) =>
        answer()
          .locator(`.markdown ${selector}`)
          .evaluateAll((found) => found.map((element) => getComputedStyle(element).direction));
      expect(await direction('p')).toEqual(['rtl', 'ltr']);
      expect(await direction('ul')).toEqual(['rtl']);
      await box().fill('שלום');
      expect(await box().evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
    });

    it('tells screen readers when an answer begins and ends, and not each word', async () => {
      await say('one two three');
      await answer().getByRole('status').getByText('The answer is finished: 3 words.').waitFor({ state: 'attached' });
      expect(await page.getByRole('log', { name: 'Conversation' }).getAttribute('aria-live')).toBe('off');
      expect(
        await answer()
          .locator('.markdown')
          .evaluate((element) => element.closest('[aria-live=polite]')),
      ).toBeNull();
    });

    it('puts a question to the top and holds still, shifts nothing while the answer grows, and follows it when the reader goes to its end', async () => {
      await page.setViewportSize({ width: 800, height: 500 });
      await say('The first question.');
      await ended();
      await page.evaluate(() => {
        const found: number[] = [];
        (window as unknown as { shifts: number[] }).shifts = found;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
            if (!entry.hadRecentInput) found.push(entry.value);
        }).observe({ type: 'layout-shift' });
      });
      const top = () => page.locator('.messages').evaluate((element) => element.scrollTop);
      const questionTop = () =>
        page.evaluate(() => {
          const question = [...document.querySelectorAll('.question')].at(-1)?.getBoundingClientRect().top ?? 0;
          return Math.round(question - (document.querySelector('.messages')?.getBoundingClientRect().top ?? 0));
        });
      const fromEnd = () =>
        page
          .locator('.messages')
          .evaluate((element) => Math.round(element.scrollHeight - element.scrollTop - element.clientHeight));
      const grown = (paragraphs: number) =>
        page.waitForFunction(
          (paragraphs) => document.querySelectorAll('.message-assistant:last-child .markdown > p').length > paragraphs,
          paragraphs,
        );
      await box().fill('Tell me');
      await box().press('Enter');
      await grown(3);
      expect(Math.abs((await questionTop()) - 16)).toBeLessThanOrEqual(1);
      const held = await top();
      await grown(20);
      expect(await top()).toBe(held);
      const pill = page.getByRole('button', { name: 'More below' });
      await pill.waitFor();
      expect(await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)).toEqual([]);
      await pill.click();
      await expect.poll(fromEnd).toBeLessThanOrEqual(1);
      await grown(30);
      // Text may be there before the frame in which it is followed.
      await expect.poll(fromEnd).toBeLessThanOrEqual(1);
      await page.locator('.messages').hover();
      await page.mouse.wheel(0, -200);
      await pill.waitFor();
      const left = await top();
      await ended();
      expect(await top()).toBe(left);
      // Sent from far above: the new question is at the top again.
      await page.mouse.wheel(0, -5_000);
      await box().fill('Again');
      await box().press('Enter');
      await page.locator('.message-assistant').nth(2).waitFor();
      await ended();
      expect(Math.abs((await questionTop()) - 16)).toBeLessThanOrEqual(1);
    });

    it('goes back to the place that was read', async () => {
      await page.setViewportSize({ width: 800, height: 500 });
      await say(PROSE);
      await ended();
      await page.locator('.messages').hover();
      await page.mouse.wheel(0, -5_000);
      await page.mouse.wheel(0, 400);
      const top = () => page.locator('.messages').evaluate((element) => Math.round(element.scrollTop));
      await expect.poll(top).toBe(400);
      await page.getByRole('link', { name: 'New chat' }).first().click();
      await page.getByText('What is on your mind?').waitFor();
      await page.goBack();
      await expect.poll(top).toBe(400);
    });

    it('says so when an answer that is to be written is not there, with what is stored of it, and asks for it no more', async () => {
      const chatId = await keepChat(page, 'Lost', [
        { id: 'q', parentId: null, role: 'user', content: 'Are you there?' },
        { id: 'a', parentId: 'q', role: 'assistant', content: 'I was' },
      ]);
      // As if its run had been lost while it was written.
      const runId = crypto.randomUUID();
      await page.route(`**/api/tasks/chat/${chatId}`, (route) => route.fulfill({ json: { task_ids: [runId] } }));
      await page.route(`**/api/v1/chats/${chatId}?*`, async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replaceAll('"done":true', '"done":false');
        await route.fulfill({ response, body });
      });
      await page.goto(`/c/${chatId}`);
      const answer = page.locator('.message-assistant');
      await answer.getByRole('alert').getByText('There is no such answer').waitFor();
      await answer.locator('.markdown').getByText('I was').waitFor();
      await expect.poll(() => answer.getAttribute('aria-busy')).toBe('false');
      await answer.getByRole('button', { name: 'Try again' }).first().waitFor();
    });

    it('opens 1,000 messages with few elements, scrolls without a jump, finds words of all, and goes back to the place after a reload', async () => {
      await page.setViewportSize({ width: 800, height: 500 });
      const chatId = await keepChat(
        page,
        'A long chat',
        Array.from({ length: 1_000 }, (_, nth) => ({
          id: `m${nth}`,
          parentId: nth === 0 ? null : `m${nth - 1}`,
          role: nth % 2 === 0 ? 'user' : 'assistant',
          content:
            nth % 2 === 0
              ? `Question ${nth}?`
              : `Message **${nth}** about things.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n${'Some more words. '.repeat((nth * 37) % 120)}`,
        })),
      );
      const reads: { query: Record<string, string>; bytes: number }[] = [];
      page.on('response', async (response) => {
        const { pathname, searchParams } = new URL(response.url());
        if (response.request().method() !== 'GET' || pathname !== `/api/v1/chats/${chatId}`) return;
        const read = { query: Object.fromEntries(searchParams), bytes: 0 };
        reads.push(read);
        read.bytes = (await response.body().catch(() => Buffer.alloc(0))).length;
      });
      await page.goto(`/c/${chatId}`);
      await page.waitForFunction(() => document.querySelectorAll('[data-message]').length === 1_000);
      const whole = (await (await page.request.get(`/api/v1/chats/${chatId}`)).body()).length;
      // It is read at its end first, and that is a small part of it.
      expect(reads[0]?.query).toEqual({ tail: '60' });
      expect(reads[0]!.bytes).toBeLessThan(whole / 10);
      expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(5_000);
      await page.locator('.messages').hover();
      for (let nth = 0; nth < 40; nth++) {
        const row = await page.evaluateHandle(() => {
          const { left, width } = document.querySelector('.messages')!.getBoundingClientRect();
          // One of two points is not between two messages.
          const [row] = [200, 230].flatMap(
            (y) => document.elementFromPoint(left + width / 2, y)?.closest('[data-message]') ?? [],
          );
          return { row, before: row?.getBoundingClientRect().top ?? 0 };
        });
        await page.mouse.wheel(0, -400);
        const moved = () =>
          row.evaluate(({ row, before }) => row?.isConnected && Math.round(row.getBoundingClientRect().top - before));
        await expect.poll(moved, { interval: 20 }).toBe(400);
      }
      // What is read is shown in full; what is far is not.
      const { first, above } = await page.evaluate(() => {
        const edge = document.querySelector('.messages')!.getBoundingClientRect();
        const [row] = [5, 35].flatMap(
          (y) => document.elementFromPoint(edge.left + edge.width / 2, edge.top + y)?.closest('[data-message]') ?? [],
        );
        if (!row) throw new Error('There is no message at the top.');
        return { first: row.getAttribute('data-message'), above: row.getBoundingClientRect().top };
      });
      const rowAt = () =>
        page.evaluate((id) => {
          const row = document.querySelector(`[data-message="${id}"]`);
          return row && { cold: row.hasAttribute('data-cold'), above: Math.round(row.getBoundingClientRect().top) };
        }, first);
      await expect.poll(rowAt).toEqual({ cold: false, above: Math.round(above) });
      expect(await page.locator('[data-message]:not([data-cold])').count()).toBeLessThan(200);
      const found = () =>
        page.evaluate(() => {
          // From the top: the caret is in the box, below all messages.
          getSelection()?.removeAllRanges();
          const isFound = (window as unknown as { find: (text: string) => boolean }).find('Message 101 about');
          const row = getSelection()
            ?.anchorNode?.parentElement?.closest('[data-message]')
            ?.getAttribute('data-message');
          getSelection()?.removeAllRanges();
          return isFound && row;
        });
      expect(await found()).toBe('m101');
      await page.reload();
      await expect.poll(rowAt).toEqual({ cold: false, above: Math.round(above) });

      // A link leads to a message, letters to the questions beside it, and the list of questions to any.
      const atTop = () =>
        page.evaluate(() => {
          const top = document.querySelector('.messages')!.getBoundingClientRect().top;
          const rows = [...document.querySelectorAll('.message-user')];
          return rows
            .filter((row) => Math.abs(row.getBoundingClientRect().top - top - 16) < 2)
            .map((row) => row.getAttribute('data-message'));
        });
      await page.goto(`/c/${chatId}?m=m100`);
      await expect.poll(atTop, { timeout: 15_000 }).toEqual(['m100']);
      expect(new URL(page.url()).search).toBe('');
      await page.locator('.messages').press('k');
      await expect.poll(atTop).toEqual(['m98']);
      await page.locator('.messages').press('j');
      await expect.poll(atTop).toEqual(['m100']);
      await page.locator('.messages').press('o');
      await page.getByRole('combobox', { name: 'Search questions' }).fill('Question 500');
      await page.getByRole('option', { selected: true, name: 'Question 500?' }).waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(atTop, { timeout: 10_000 }).toEqual(['m500']);

      // What another client writes comes alone.
      reads.length = 0;
      const late = { id: 'late', parentId: 'm999', childrenIds: [], role: 'user', content: 'Written elsewhere' };
      const chat = { history: { currentId: 'late', messages: { late } } };
      await page.evaluate(
        async ([url, body]) => {
          const headers = { 'content-type': 'application/json' };
          const reply = await fetch(url!, { method: 'POST', headers, body });
          if (!reply.ok) throw new Error(`The message was not stored: ${reply.status}`);
        },
        [`/api/v1/chats/${chatId}`, JSON.stringify({ chat })],
      );
      await page.getByText('Written elsewhere').waitFor({ state: 'attached', timeout: 15_000 });
      await expect.poll(() => reads.at(-1)?.bytes ?? 0).toBeGreaterThan(0);
      expect(reads.filter(({ query }) => query['since'] === undefined)).toEqual([]);
      expect(Math.max(...reads.map(({ bytes }) => bytes))).toBeLessThan(whole / 10);
    });
  });
}
