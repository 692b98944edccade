import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningSystem } from '@perennial/launcher';
import type { Simulator } from '@perennial/provider-simulator';
import { factOf, factualPages, toPdf } from '@perennial/testing/documents';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { firstToSignUp, launchBrowser, noBrowser } from './support/browser';
import { type DocumentsSystem, launchDocumentsSystem } from './support/documents-system';
import { chooseModel } from './support/page';
import { beyondTheEdge, violations } from './support/page-checks';
import { QUOTING_MODEL } from './support/quoting-model';

/** Time for an ingestion on a busy machine. */
const READ_MS = 60_000;
const BOOK = factualPages(5, 900);
const NOTE = factOf(40);
const ASKED = BOOK.facts[3]!;

const textFile = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

describe.skipIf(noBrowser)('documents on the page, in a real browser', () => {
  let documents: DocumentsSystem;
  let simulator: Simulator;
  let system: RunningSystem;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let book: { name: string; mimeType: string; buffer: Buffer };

  beforeAll(async () => {
    book = { name: 'handbook.pdf', mimeType: 'application/pdf', buffer: await toPdf(BOOK.pages) };
    documents = await launchDocumentsSystem();
    ({ simulator, system } = documents);
    browser = await launchBrowser();
    context = await firstToSignUp(browser, system.baseUrl);
  });

  afterAll(async () => {
    await browser?.close();
    await documents?.stop();
  });

  beforeEach(async () => {
    page = await context.newPage();
    await page.goto('/');
    await page.getByText('What is on your mind?').waitFor();
  });

  afterEach(() => page.close());

  const attached = (name: string) => page.getByRole('list', { name: 'Attached' }).locator('li', { hasText: name });
  const file = (name: string) => page.getByRole('list', { name: 'Files' }).locator('li', { hasText: name });
  const answer = () => page.locator('.message-assistant').last();
  const sure = () => page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();

  async function attach(...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    await page.locator('.composer input[type=file]').setInputFiles(files);
  }

  async function read(name: string): Promise<void> {
    await attached(name).and(page.locator('[data-state=ready]')).waitFor({ timeout: READ_MS });
  }

  async function say(text: string): Promise<void> {
    await chooseModel(page, QUOTING_MODEL);
    await page.getByLabel('Message', { exact: true }).fill(text);
    await page.getByLabel('Message', { exact: true }).press('Enter');
    await page.waitForURL(/\/c\//);
    await answer().and(page.locator('[aria-busy="false"]')).waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Send' }).waitFor();
  }

  /**
   * Sends a request like an administrator's page.
   *
   * @returns the status
   */
  function post(path: string, body: object): Promise<number> {
    return page.evaluate(
      async ({ path, body }) => {
        const headers = { 'content-type': 'application/json' };
        return (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).status;
      },
      { path, body },
    );
  }

  async function newBase(name: string): Promise<void> {
    await page.getByRole('link', { name: 'Knowledge' }).click();
    await page.getByRole('button', { name: 'New base' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill(name);
    await page.getByRole('dialog').getByLabel('Description').fill('What everybody should know');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name }).waitFor();
  }

  it('attaches files, cites them in the answer, and opens a source at its page; also after a reload', async () => {
    await attach(textFile('note.txt', `Some words.\n\n${NOTE.sentence}\n`), book);
    await Promise.all([read('note.txt'), read('handbook.pdf')]);
    await say(`${ASKED.question} ${NOTE.question}`);
    for (const reloaded of [false, true]) {
      if (reloaded) await page.reload();
      await page.getByRole('listitem').getByRole('link', { name: 'handbook.pdf' }).waitFor();
      await answer().getByText('Found 2 documents.').waitFor();
      await answer().getByRole('region', { name: 'Sources' }).getByRole('button', { name: 'note.txt' }).waitFor();
      expect(await answer().locator('code').textContent()).toBe('words[1]');

      const quote = answer().locator('li', { hasText: ASKED.sentence });
      await quote.getByRole('button', { name: 'handbook.pdf' }).focus();
      await page.keyboard.press('Enter');
      const source = page.getByRole('dialog');
      const passage = source.locator('figure', { hasText: ASKED.answer });
      await passage.getByText(`Page ${ASKED.page}`, { exact: true }).waitFor();
      const link = passage.getByRole('link', { name: `Open the original at page ${ASKED.page}` });
      const address = (await link.getAttribute('href')) ?? '';
      expect(address).toMatch(new RegExp(`^/api/v1/files/[^/]+/content#page=${ASKED.page}$`));
      const [opened] = await Promise.all([page.waitForEvent('popup'), link.click()]);
      expect(opened.url()).toBe(system.baseUrl + address);
      await opened.close();
      const original = await context.request.get(address);
      expect(original.headers()['content-type']).toBe('application/pdf');
      expect((await original.body()).equals(book.buffer)).toBe(true);
      if (reloaded) expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await source.waitFor({ state: 'detached' });
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('citation');
    }
  });

  it('accepts dropped and pasted files, shows the error of one, and sends without waiting', async () => {
    const give = (selector: string, event: 'drop' | 'paste', name: string, text: string) =>
      page.evaluate(
        ({ selector, event, name, text }) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name, { type: 'text/plain' }));
          const target = document.querySelector(selector);
          if (event === 'drop') target?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
          else target?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
        },
        { selector, event, name, text },
      );
    await give('.welcome', 'drop', 'dropped.txt', NOTE.sentence);
    await give('#composer', 'paste', 'pasted.txt', 'Nothing of importance.');
    await attach({ name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\nthis is none') });
    await Promise.all([read('dropped.txt'), read('pasted.txt')]);
    await attached('broken.pdf').getByRole('alert').waitFor({ timeout: READ_MS });
    await attached('broken.pdf').getByRole('button', { name: 'Retry' }).click();
    await attached('broken.pdf').getByRole('alert').waitFor({ timeout: READ_MS });
    await attached('broken.pdf').getByRole('button', { name: 'Remove' }).click();
    await attached('broken.pdf').waitFor({ state: 'detached' });

    // The last byte of this one is held back until the message is sent.
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/api/v1/files/', async (route) => {
      await held;
      await route.continue();
    });
    await attach(textFile('late.txt', factOf(77).sentence));
    await page.getByText('Still being sent: late.txt.').waitFor();
    await say(NOTE.question);
    expect(await page.locator('.message-user').last().textContent()).toContain('dropped.txt');
    await attached('late.txt').and(page.locator('[data-state=uploading]')).waitFor();
    letGo();
    await read('late.txt');
    await page.unroute('**/api/v1/files/');
    await say(factOf(77).question);
    await page.locator('.message-assistant').nth(1).waitFor();
    await answer().getByRole('button', { name: 'late.txt' }).first().waitFor();
  });

  it('stays open when a file is dropped outside of the drop zone', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'perennial-dropped-'));
    const path = join(dir, 'dragged.txt');
    await writeFile(path, NOTE.sentence);
    const browsing = await context.newCDPSession(page);
    // Like a file manager, so that the browser itself decides what happens to the file.
    const drag = async (selector: string): Promise<void> => {
      const box = (await page.locator(selector).boundingBox())!;
      const data = { items: [], files: [path], dragOperationsMask: 1 };
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await browsing.send('Input.dispatchDragEvent', { type, x: box.x + box.width / 2, y: box.y + 5, data });
    };
    try {
      const address = page.url();
      const pages = context.pages().length;
      await page.getByLabel('Message', { exact: true }).fill('Half a thought');
      await drag('#sidebar');
      await drag('.welcome');
      await read('dragged.txt');
      expect([page.url(), context.pages().length]).toEqual([address, pages]);
      expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('Half a thought');
      expect(await page.getByRole('list', { name: 'Attached' }).locator('li').count()).toBe(1);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('keeps a base of files: progress of each, the reason of a failure, retry, delete, and a question about it', async () => {
    await newBase('Handbooks');
    await page.getByText('No files yet.').waitFor();
    await page
      .locator('.base-files input[type=file]')
      .setInputFiles([
        book,
        textFile('note.txt', NOTE.sentence),
        { name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\nthis is none') },
      ]);
    for (const name of ['handbook.pdf', 'note.txt'])
      await file(name).and(page.locator('[data-state=completed]')).waitFor({ timeout: READ_MS });
    const broken = file('broken.pdf').and(page.locator('[data-state=failed]'));
    await broken.waitFor({ timeout: READ_MS });
    expect((await broken.locator('.document-problem').textContent())?.length).toBeGreaterThan(10);
    expect(await violations(page)).toEqual([]);
    await broken.getByRole('button', { name: 'Retry' }).click();
    await file('broken.pdf')
      .and(page.locator('[data-state=pending], [data-state=processing], [data-state=failed]'))
      .waitFor();
    await broken.waitFor({ timeout: READ_MS });
    await file('broken.pdf').getByRole('button', { name: 'Delete' }).click();
    await sure();
    await file('broken.pdf').waitFor({ state: 'detached' });
    await page.getByText('2 files', { exact: true }).waitFor();
    await page.getByLabel('Search files').fill('note');
    await file('handbook.pdf').waitFor({ state: 'detached' });
    await file('note.txt').waitFor();

    // A chat has that name too, until its title comes.
    await page.getByRole('link', { name: 'New chat' }).first().click();
    await page.getByRole('button', { name: 'Add to the message' }).click();
    await page.getByRole('menuitem', { name: 'Ask a knowledge base' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Handbooks' }).click();
    await attached('Handbooks').waitFor();
    await say(ASKED.question);
    await answer().locator('li', { hasText: ASKED.sentence }).getByRole('button', { name: 'handbook.pdf' }).waitFor();
  });

  it('finds, renames and deletes bases, and shows more than one page of files', async () => {
    await newBase('Plans');
    await page.getByRole('button', { name: 'Rename or describe' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Old plans');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Old plans' }).waitFor();
    await page.getByRole('button', { name: 'Add a source' }).click();
    const form = page.getByRole('dialog', { name: 'New source' });
    await form.getByLabel('What is read').selectOption('A folder of the operator');
    await form.getByLabel('Name of the folder').fill('no-such-folder');
    await form.getByRole('button', { name: 'Add a source' }).click();
    await form.getByRole('alert').waitFor();
    await form.getByLabel('What is read').selectOption('One web page');
    await form.getByLabel('Address').fill('https://example.com/plans');
    await form.getByRole('button', { name: 'Add a source' }).click();
    await form.waitFor({ state: 'detached' });
    await page
      .getByRole('combobox', { name: 'When https://example.com/plans is read again' })
      .selectOption('Each week');
    await page.getByRole('button', { name: 'Remove https://example.com/plans' }).click();
    await sure();
    await page.locator('.source-row').waitFor({ state: 'detached' });
    const many = Array.from({ length: 33 }, (_, at) => textFile(`plan-${at}.txt`, factOf(200 + at).sentence));
    await page.locator('.base-files input[type=file]').setInputFiles(many);
    await page.getByText('33 files', { exact: true }).waitFor({ timeout: READ_MS });
    await page.getByRole('button', { name: 'More files' }).click();
    await page.waitForFunction(() => document.querySelectorAll('ul[aria-label=Files] > li').length === 33);
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Drafts');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Drafts' }).waitFor();
    expect(await violations(page)).toEqual([]);
    // By the keyboard alone.
    await file('plan-32.txt').getByRole('button', { name: 'More for plan-32.txt' }).press('Enter');
    await page.getByRole('menuitem', { name: 'Move to…' }).press('Enter');
    const chooser = page.getByRole('dialog', { name: 'Move “plan-32.txt”' });
    await chooser.getByRole('button', { name: 'Drafts' }).press('Enter');
    await chooser.getByText('To: Top level / Drafts').waitFor();
    expect(await violations(page)).toEqual([]);
    await chooser.getByRole('button', { name: 'Move here' }).press('Enter');
    await page.getByText('32 files', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Drafts' }).click();
    await file('plan-32.txt').waitFor();
    await page.getByRole('link', { name: 'Top level' }).click();
    await page.getByRole('button', { name: 'More for Drafts' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete, and keep the files' }).click();
    await page.getByText('33 files', { exact: true }).waitFor();
    const readAgain = page.waitForResponse((response) => response.url().endsWith('/reindex') && response.ok());
    await page.getByRole('button', { name: 'Read all files again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Read all files again' }).click();
    await readAgain;
    await page.getByRole('link', { name: 'All knowledge bases' }).click();
    await page.getByLabel('Search knowledge bases').fill('nothing like that');
    await page.getByText('Nothing matches').waitFor();
    await page.getByLabel('Search knowledge bases').fill('old');
    await page.getByRole('link', { name: 'Old plans' }).waitFor();
    await page.getByText('Searches are answered with sim-embed.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete Old plans' }).click();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Delete Old plans' }).click();
    await sure();
    await page.getByRole('link', { name: 'Old plans' }).waitFor({ state: 'detached' });
    await page.goto('/knowledge/00000000-0000-4000-8000-000000000000');
    await page.getByRole('alert').getByText('There is no such knowledge base').waitFor();
  });

  it('shows that documents are searched, and that an answer was given without them; also after a reload', async () => {
    await attach(textFile('away.txt', factOf(90).sentence));
    await read('away.txt');
    simulator.inject({ kind: 'stall', after: 0 }, Infinity, 'embeddings');
    try {
      const said = say(factOf(90).question);
      await answer().getByText('Searching documents…').waitFor();
      await said;
    } finally {
      simulator.reset();
    }
    for (const reloaded of [false, true]) {
      if (reloaded) await page.reload();
      await answer().getByText('This answer is given without them.').waitFor();
      await answer().getByText('No document was given to me.').waitFor();
      expect(await answer().getByText('Searching documents…').count()).toBe(0);
    }
    expect(await violations(page)).toEqual([]);
  });

  it('shows plainly why a file is refused, at any size', async () => {
    const limit = async (settings: object) => {
      expect(await post('/api/v1/retrieval/config/update', settings)).toBe(200);
    };
    await limit({ FILE_MAX_SIZE: 1, ALLOWED_FILE_EXTENSIONS: ['txt'] });
    try {
      // Every process applies settings within a second.
      await page.waitForTimeout(1_500);
      await attach(textFile('large.txt', 'x'.repeat(30_000_000)), textFile('program.exe', 'MZ'));
      await attached('large.txt').getByText('The file is too large: at most 1 MB are allowed.').waitFor();
      await attached('program.exe').getByText('Files of this kind are not allowed. Allowed are: txt.').waitFor();
    } finally {
      await limit({ FILE_MAX_SIZE: null, ALLOWED_FILE_EXTENSIONS: [] });
    }
    await page.waitForTimeout(1_500);
    await attached('program.exe').getByRole('button', { name: 'Remove' }).click();
    await attached('large.txt').getByRole('button', { name: 'Retry' }).click();
    await attached('large.txt').and(page.locator('[data-state=reading]')).waitFor({ timeout: READ_MS });
    await attached('large.txt').getByRole('button', { name: 'Remove' }).click();
    await attached('large.txt').waitFor({ state: 'detached' });
  });

  it('shows administrators the progress of a new index, and the model of searches', async () => {
    const model = { RAG_EMBEDDING_MODEL: 'sim-embed-text200' };
    expect(await post('/api/v1/retrieval/embedding/update', model)).toBe(200);
    await page.goto('/knowledge');
    await page.getByText('A new index is being built with sim-embed-text200').waitFor();
    await page.getByText('Searches are answered with sim-embed.').waitFor();
    await page.getByText('Searches are answered with sim-embed-text200.').waitFor({ timeout: READ_MS });
    expect(await page.getByText('A new index is being built').count()).toBe(0);
  });

  it.each([390, 360])('fits a phone, %i wide: files, sources and bases work, and nothing overflows', async (width) => {
    await page.setViewportSize({ width, height: 700 });
    const long = textFile(`${'a-very-long-name-'.repeat(6)}.txt`, NOTE.sentence);
    await attach(long);
    await read('a-very-long-name');
    expect(await beyondTheEdge(page)).toEqual([]);
    await say(NOTE.question);
    expect(await beyondTheEdge(page)).toEqual([]);
    await answer().locator('.citation').first().click();
    expect(await beyondTheEdge(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Chats' }).click();
    await newBase(`Pocket ${width}`);
    await page.locator('.base-files input[type=file]').setInputFiles(long);
    await file('a-very-long-name').and(page.locator('[data-state=completed]')).waitFor({ timeout: READ_MS });
    expect(await beyondTheEdge(page)).toEqual([]);
    await page.getByRole('link', { name: 'All knowledge bases' }).click();
    await page.getByRole('link', { name: `Pocket ${width}` }).waitFor();
    expect(await beyondTheEdge(page)).toEqual([]);
  });
});
