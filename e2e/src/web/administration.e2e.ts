import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchSystem, type RunningSystem } from '@perennial/launcher';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, addUsers, PASSWORD } from '../support/accounts';
import { firstToSignUp, launchBrowser, noBrowser } from '../support/browser';
import { http } from '../support/http';
import { beyondTheEdge, violations } from '../support/page-checks';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model';
import { accountLists } from './account-lists.suite';

describe.skipIf(noBrowser)('the administration, in a real browser', () => {
  let provider: ScriptedModel;
  let system: RunningSystem;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-second-store-'));
    provider = await startScriptedModel({ model: 'echo', title: 'Echo', answer: (prompt) => [prompt] });
    system = await launchSystem({
      scale: { chat: 2 },
      env: {
        OPENAI_API_BASE_URLS: provider.url,
        OPENAI_API_KEYS: 'simulated',
        BLOB_STORES: JSON.stringify({ second: { DATA_DIR: directory } }),
      },
    });
    browser = await launchBrowser();
    context = await firstToSignUp(browser, system.baseUrl);
  });

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    await provider?.close();
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    page = await context.newPage();
  });

  afterEach(() => page.close());

  const admin = async (): Promise<Account> => {
    const cookies = await context.cookies();
    return { id: '', name: 'Ada', token: cookies.find(({ name }) => name === 'token')?.value ?? '' };
  };

  /** What is wrong with the page as it is shown now: at a desk in both themes, and on a phone. */
  async function faults(): Promise<string[]> {
    const found = await violations(page);
    await page.setViewportSize({ width: 390, height: 800 });
    found.push(...(await beyondTheEdge(page)));
    await page.setViewportSize({ width: 1280, height: 720 });
    return found;
  }

  const around = {
    page: () => page,
    browser: () => browser,
    baseUrl: () => system.baseUrl,
    token: async () => (await admin()).token,
    faults,
  };

  it('lets nobody in but an administrator, and does not load its pages for others', async () => {
    await addUsers(system.baseUrl, await admin(), 1);
    const other = await browser.newContext({ baseURL: system.baseUrl });
    const theirs = await other.newPage();
    const asked: string[] = [];
    theirs.on('request', (request) => asked.push(request.url()));
    await theirs.goto('/admin/fleet');
    await theirs.getByLabel('E-mail').fill('user0@example.com');
    await theirs.getByLabel('Password').fill(PASSWORD);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await theirs.getByText('This page is for administrators.').waitFor();
    expect(await theirs.getByRole('link', { name: 'Administration' }).count()).toBe(0);
    expect(asked.filter((url) => /administration|\/fleet/.test(new URL(url).pathname.replace('/admin/', '')))).toEqual(
      [],
    );
    await other.close();
  });

  describe('the fleet', () => {
    const tile = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });

    it('shows every process, live, and a kill without a reload', async () => {
      await page.goto('/');
      await page.getByRole('link', { name: 'Administration' }).click();
      await page.getByText('All 6 processes are ready.').waitFor();
      for (const service of ['gateway', 'auth', 'config', 'chat', 'retrieval'])
        await page
          .getByRole('region', { name: service })
          .getByText(/ready · .*version \d/)
          .waitFor();
      await tile('chat-2')
        .getByText(/CPU \d+ %/)
        .waitFor();
      await tile('chat-2')
        .getByText(/^c\d+$/)
        .waitFor();
      await system.kill('chat', 2);
      const killedAt = performance.now();
      await page
        .getByRole('status')
        .getByText(/chat-2 (?:is gone|ended and was started again)\./)
        .waitFor();
      console.log(`the page showed a killed worker after ${Math.round(performance.now() - killedAt)} ms`);
      await page.getByRole('region', { name: 'chat' }).getByText('1 process ended in the last ten minutes').waitFor();
      await tile('chat-2').getByText('Ready').waitFor();
    });

    it('shows a paused process as silent', async () => {
      await page.goto('/admin/fleet');
      system.process('chat', 1).signal('SIGSTOP');
      await page.getByRole('status').getByText('chat-1 is silent.').waitFor();
      await tile('chat-1').getByText('Silent: paused or blocked').waitFor();
      system.process('chat', 1).signal('SIGCONT');
      await tile('chat-1').getByText('Ready').waitFor();
    });

    it('says what is wrong where it is, and that its picture is old when the server does not answer', async () => {
      const wrong: Record<string, object> = {
        'auth-1': { state: 'failing', dependencies: [{ name: 'postgres', ok: false }] },
        'config-1': { version: '9.0.0', state: 'draining' },
        'chat-1': { settings_version: 'c0', placements: [], last_error: { id: 'err-1', code: 'INTERNAL', at: 1 } },
        'chat-2': { state: 'gone', placements: ['eu'] },
        'retrieval-1': { state: 'degraded', placements: ['eu'] },
      };
      await page.route('**/api/v1/fleet', async (route) => {
        const response = await route.fetch();
        const fleet = (await response.json()) as { processes: { instance: string; state: string }[] };
        const processes = fleet.processes
          .filter(({ state }) => state !== 'gone')
          .map((process) => ({ ...process, ...wrong[process.instance] }));
        await route.fulfill({ response, json: { ...fleet, processes, versions: { config: ['0.1.0', '9.0.0'] } } });
      });
      await page.goto('/admin/fleet');
      await page
        .getByRole('status')
        .getByText('2 of 6 processes are ready. auth-1 is taking no work. chat-2 is gone.')
        .waitFor();
      await page.getByRole('status').getByText('Versions 0.1.0 and 9.0.0 of config run together.').waitFor();
      await tile('auth-1').getByText('Cannot reach: postgres').waitFor();
      await tile('chat-1').getByText('c0, behind').waitFor();
      await tile('chat-1').getByText('none; does not know eu').waitFor();
      await tile('chat-1').getByText('id err-1').waitFor();
      await page.unroute('**/api/v1/fleet');
      await page.route('**/api/v1/fleet', (route) => route.abort());
      await page.getByRole('alert').getByText('The fleet is not known now').waitFor();
      expect(await faults()).toEqual([]);
      await page.unroute('**/api/v1/fleet');
      await page.getByText('All 6 processes are ready.').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
    });
  });

  describe('the users', () => {
    const MANY = 100_000;
    const row = (name: string) =>
      page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    const first = () => page.getByRole('rowheader').first();

    beforeAll(async () => {
      const database = new Client(system.postgresUrl);
      await database.connect();
      await database.query(
        `INSERT INTO auth.users (email, name, password_hash, profile_image_url, role, created_at)
         SELECT 'n' || n || '@example.org', 'Number ' || n, 'x', '', CASE WHEN n % 20000 = 0 THEN 'pending' ELSE 'user' END,
                to_timestamp(n)
           FROM generate_series(1, $1::int) n`,
        [MANY],
      );
      await database.end();
    });

    it('are found, sorted and turned over among 100,000, a page at a time, by an address that can be sent', async () => {
      await page.goto('/admin/users');
      await page.getByText(/^100,00\d accounts$/).waitFor();
      expect(await page.getByRole('rowheader').count()).toBe(30);
      expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(2_500);
      await page.getByRole('button', { name: 'Last', exact: true }).click();
      await page.waitForURL(/page=3334$/);
      await row('Number 1').waitFor();
      await page.goBack();
      await page.getByText(/^1–30 of/).waitFor();
      await page.getByRole('button', { name: 'E-mail' }).click();
      await page.getByRole('columnheader', { name: 'E-mail' }).and(page.locator('[aria-sort=ascending]')).waitFor();
      await expect.poll(() => first().textContent()).toContain('Ada');
      await page.getByRole('searchbox', { name: 'Search users' }).fill('number 6000');
      await page.getByText('11 accounts').waitFor();
      await page.getByRole('button', { name: 'Waiting' }).click();
      await page.getByText('1 account', { exact: true }).waitFor();
      await page.reload();
      await page.getByText('1 account', { exact: true }).waitFor();
      expect(await page.getByRole('searchbox', { name: 'Search users' }).inputValue()).toBe('number 6000');
      expect(await first().textContent()).toContain('Number 60000');
      expect(await faults()).toEqual([]);
    });

    it('are let in, added, changed, given a password and deleted, without a mouse', async () => {
      await page.goto('/admin/users?role=pending&order=name');
      await page.getByRole('button', { name: 'Let in Number 20000' }).press('Enter');
      await page.getByRole('status').getByText('Number 20000 may use Perennial now. 4 accounts').waitFor();

      await page.getByRole('button', { name: 'Add a user' }).press('Enter');
      await page.getByLabel('Name').fill('Grace Hopper');
      await page.getByLabel('E-mail').fill('ada@example.com');
      await page.getByRole('button', { name: 'Make one up' }).press('Enter');
      const password = await page.getByLabel('First password').inputValue();
      await page.getByRole('button', { name: 'Add', exact: true }).press('Enter');
      await page.getByRole('dialog').getByRole('alert').waitFor();
      await page.getByLabel('E-mail').fill('grace@example.com');
      await page.getByLabel('E-mail').press('Enter');
      await page.getByText('Grace Hopper was added.').waitFor();
      const signIn = (email: string, secret: string) =>
        http('POST', `${system.baseUrl}/api/v1/auths/signin`, { body: { email, password: secret } });
      expect((await signIn('grace@example.com', password)).status).toBe(200);

      await page.goto('/admin/users?q=grace%40');
      await page.getByRole('button', { name: 'Edit Grace Hopper' }).press('Enter');
      await page.getByLabel('Name').fill('Admiral Hopper');
      await page.getByRole('radio', { name: 'Administrator' }).check();
      await page.getByRole('button', { name: 'Save' }).press('Enter');
      await page.getByText('Admiral Hopper is saved.').waitFor();
      await row('Admiral Hopper').getByRole('cell', { name: 'Administrator' }).waitFor();

      await page.getByRole('button', { name: 'Edit Admiral Hopper' }).press('Enter');
      await page.getByText('Set a new password').press('Enter');
      await page.getByLabel('New password').fill('another long password');
      await page.getByRole('button', { name: 'Set the password' }).press('Enter');
      await page.getByText('has a new password, and is signed out everywhere.').waitFor();
      expect((await signIn('grace@example.com', password)).status).toBe(400);
      expect((await signIn('grace@example.com', 'another long password')).status).toBe(200);

      await page.getByRole('button', { name: 'Edit Admiral Hopper' }).press('Enter');
      await page.getByRole('button', { name: 'Delete this account…' }).press('Enter');
      await page.getByText('Delete Admiral Hopper for good?').waitFor();
      expect(await faults()).toEqual([]);
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Delete this account…' }).press('Enter');
      await page.getByRole('button', { name: 'Delete for good' }).press('Enter');
      await page.getByText('Admiral Hopper was deleted.').waitFor();
      await page.getByText('Nobody matches “grace@”.').waitFor();
      expect((await signIn('grace@example.com', 'another long password')).status).toBe(400);
    });

    it('cannot lose the last administrator, nor be deleted by themselves', async () => {
      await page.goto('/admin/users?role=admin');
      await page.getByRole('button', { name: 'Edit Ada' }).click();
      expect(await page.getByRole('button', { name: 'Delete this account…' }).count()).toBe(0);
      await page.getByRole('radio', { name: 'Waiting' }).check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
      await page.keyboard.press('Escape');
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Edit Ada');
    });
  });

  accountLists(around);

  describe('connections and models', () => {
    const SECRET = 'sk-nobody-may-read-this';
    let second: ScriptedModel;

    beforeAll(async () => {
      second = await startScriptedModel({ model: 'second', title: 'Second', answer: (prompt) => [prompt] });
    });
    afterAll(() => second?.close());

    const connection = (url: string) => page.getByRole('listitem').filter({ hasText: url });
    const field = (label: string) => page.getByRole('dialog').getByLabel(label);
    const models = async (token: string) => {
      const { body } = await http<{ data: { id: string }[] }>('GET', `${system.baseUrl}/api/models?refresh=true`, {
        token,
      });
      return body.data.map(({ id }) => id);
    };

    it('are tested, added, changed and removed, and a key is never shown again', async () => {
      const bodies: string[] = [];
      page.on('response', (response) => {
        if (/openai|ollama/.test(response.url())) void response.text().then((text) => bodies.push(text));
      });
      await page.goto('/admin/connections');
      await connection(provider.url).getByText('Answers, and has 1 model').waitFor();
      await page
        .getByRole('region', { name: 'OpenAI-compatible' })
        .getByRole('button', { name: 'Add a connection' })
        .click();
      await field('Address').fill('http://127.0.0.1:9/v1');
      await field('Key').fill(SECRET);
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
      await field('Address').fill(`${second.url}/`);
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('It answers, and has 1 model: second.').waitFor();
      expect(await faults()).toEqual([]);
      await page.getByRole('button', { name: 'Save' }).click();
      await connection(second.url).getByText('with a key').waitFor();
      await connection(second.url).getByText('Answers, and has 1 model').waitFor();
      expect(await models((await admin()).token)).toEqual(['echo', 'second']);

      // The saved key stays with another option, and with another place.
      await page.getByRole('button', { name: `Edit ${second.url}` }).click();
      await page.getByText('Names and limits').click();
      await field('Prefix of its models’ names').fill('b');
      await page.getByRole('button', { name: 'Save' }).click();
      await connection(second.url).getByText('names begin with “b.”').waitFor();
      await page.getByRole('button', { name: `Move ${second.url} up` }).click();
      await expect
        .poll(async () => (await page.getByRole('heading', { level: 3 }).allTextContents())[0])
        .toBe(second.url);
      await connection(second.url).getByText('with a key').waitFor();
      expect(await models((await admin()).token)).toEqual(['b.second', 'echo']);
      expect(await page.content()).not.toContain(SECRET);
      expect(bodies.join()).not.toContain(SECRET);
      expect(bodies.join()).toContain(second.url);
      expect(await faults()).toEqual([]);
    });

    it('are not overwritten by somebody who has not seen the latest change', async () => {
      await page.goto('/admin/connections');
      await page.getByText('No connection of this kind.').waitFor();
      const body = { ENABLE_OLLAMA_API: true, OLLAMA_BASE_URLS: ['http://127.0.0.1:9'], OLLAMA_API_CONFIGS: {} };
      const change = await http('POST', `${system.baseUrl}/ollama/config/update`, {
        token: (await admin()).token,
        body,
      });
      expect(change.status).toBe(200);
      const section = page.getByRole('region', { name: 'Ollama' });
      await section.getByRole('switch').click();
      await section.getByRole('alert').getByText('Somebody else has changed the connections meanwhile.').waitFor();
      await connection('http://127.0.0.1:9').getByText('Does not answer').waitFor();
      await page.getByRole('button', { name: 'Edit http://127.0.0.1:9' }).click();
      await page.getByRole('button', { name: 'Remove this connection…' }).click();
      await page.getByRole('button', { name: 'Remove it' }).click();
      await section.getByText('No connection of this kind.').waitFor();
    });

    it('switches a model off for everybody and on again, and offers models in an order', async () => {
      const signIn = await http<{ token: string }>('POST', `${system.baseUrl}/api/v1/auths/signin`, {
        body: { email: 'user0@example.com', password: PASSWORD },
      });
      const { token } = signIn.body;
      await page.goto('/admin/models');
      await page.getByRole('searchbox', { name: 'Search models' }).fill('B.SEC');
      await page.getByText('1 model, 0 off').waitFor();
      await page.getByRole('switch', { name: 'second' }).press('Space');
      await page.getByText('1 model, 1 off').waitFor();
      await expect.poll(() => models(token)).toEqual(['echo']);
      await page.reload();
      await page.getByText('2 models, 1 off').waitFor();
      expect(await faults()).toEqual([]);
      await page.getByRole('switch', { name: 'second' }).click();
      await page.getByText('2 models, 0 off').waitFor();
      await expect.poll(() => models(token)).toEqual(['b.second', 'echo']);
      await page.getByRole('button', { name: 'Move echo up' }).click();
      await expect.poll(() => models(token)).toEqual(['echo', 'b.second']);
      const config = async () =>
        (await http<{ default_models: string }>('GET', `${system.baseUrl}/api/config`, { token })).body.default_models;
      await page.getByRole('button', { name: 'Start new chats with second' }).click();
      await expect.poll(config).toBe('b.second');
      await page
        .getByRole('button', { name: 'Start new chats with second' })
        .and(page.locator('[aria-pressed=true]'))
        .waitFor();
    });
  });

  describe('documents and notices', () => {
    it('keeps the settings of documents, says what is refused, and asks twice before all documents are read again', async () => {
      await page.goto('/admin/documents');
      await page.getByText('Nothing has been indexed yet.').waitFor();
      await page.getByLabel('Pieces of each attached document or base').fill('7');
      await page.getByRole('switch', { name: 'Search by words too, not by meaning alone' }).press('Space');
      await page.getByLabel('Who transcribes them').selectOption('A server with the operations of OpenAI');
      await page.getByLabel('Address of the transcription server').fill('http://127.0.0.1:9/v1');
      await page.getByLabel('Key of the transcription server').fill('sk-not-to-be-seen');
      await page.getByLabel('Model that transcribes').fill('hears-well');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Documents that are read from now on follow it.').waitFor();
      await page.getByLabel('Overlap of two pieces').fill('40000');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('region', { name: 'Settings of documents' }).getByRole('alert').waitFor();
      expect(await faults()).toEqual([]);
      await page.reload();
      await expect.poll(() => page.getByLabel('Pieces of each attached document or base').inputValue()).toBe('7');
      expect(await page.getByLabel('Model that transcribes').inputValue()).toBe('hears-well');
      expect(await page.getByLabel('Key of the transcription server').getAttribute('placeholder')).toMatch(
        /^One is saved/,
      );

      await page.getByRole('radio', { name: 'An OpenAI-compatible server' }).check();
      await page.getByLabel('Model', { exact: true }).fill('reads-well');
      await page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:9/v1');
      await page.getByLabel('Key', { exact: true }).fill('sk-not-to-be-seen');
      await page.getByRole('button', { name: 'Save the model' }).click();
      await page.getByRole('dialog', { name: 'Read all documents again?' }).waitFor();
      await page.getByRole('button', { name: 'Keep the present one' }).click();
      const embedding = async () => {
        const url = `${system.baseUrl}/api/v1/retrieval/embedding`;
        return (await http<{ RAG_EMBEDDING_MODEL: string }>('GET', url, { token: (await admin()).token })).body;
      };
      expect((await embedding()).RAG_EMBEDDING_MODEL).not.toBe('reads-well');
      await page.getByRole('button', { name: 'Save the model' }).click();
      await page.getByRole('button', { name: 'Change the model' }).click();
      await expect.poll(async () => (await embedding()).RAG_EMBEDDING_MODEL).toBe('reads-well');
      await expect
        .poll(() => page.getByLabel('Key', { exact: true }).getAttribute('placeholder'))
        .toBe('One is saved, and stays if this is empty');
      expect((await page.content()) + JSON.stringify(await embedding())).not.toContain('sk-not-to-be-seen');
    });

    it('moves all files to another store and takes it back, by keys alone', async () => {
      await page.goto('/admin/documents');
      const files = page.getByRole('region', { name: 'Store of files' });
      await files.getByText('Files are kept in default.').waitFor();
      expect(await faults()).toEqual([]);
      await files.getByLabel('Move all files to').selectOption('second');
      await files.getByRole('button', { name: 'Move' }).press('Enter');
      // A move of few files may be over before the page looks.
      const moved = files.getByText('Files are kept in second.');
      await files.getByRole('progressbar', { name: 'Progress of the move' }).or(moved).first().waitFor();
      await moved.waitFor();
      await files.getByText('The former store default is still written').waitFor();
      expect(await faults()).toEqual([]);
      await files.getByRole('button', { name: 'Take the move back' }).press('Enter');
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      await files.getByText('Files are kept in default.').waitFor();
      await files.getByRole('button', { name: 'Move' }).waitFor();
    });

    it('publishes notices, and not over those of somebody else', async () => {
      await page.goto('/admin/notices');
      await page.getByText('There is no notice.').waitFor();
      await page.getByRole('button', { name: 'Add a notice' }).click();
      await page.getByLabel('Title').fill('Tonight');
      await page.getByLabel('Text (Markdown)').fill('We are **away**.');
      await page.getByLabel('Kind').selectOption('Warning');
      await page.getByRole('button', { name: 'Publish' }).click();
      const published = page.getByRole('region', { name: 'Notices' });
      await published.locator('[data-kind=warning] strong', { hasText: 'away' }).waitFor();
      expect(await faults()).toEqual([]);
      await page.getByLabel('Title').fill('Tomorrow');
      const url = `${system.baseUrl}/api/v1/configs/banners`;
      const theirs = { id: 'theirs', type: 'info', title: '', content: 'Of others.', dismissible: true, timestamp: 1 };
      await http('POST', url, { token: (await admin()).token, body: { banners: [theirs] } });
      await page.getByRole('button', { name: 'Publish' }).click();
      await page.getByRole('alert').getByText('Somebody else has changed the notices meanwhile.').waitFor();
      expect(await page.getByLabel('Title').inputValue()).toBe('Tomorrow');
      await page.getByRole('button', { name: 'Undo the changes' }).click();
      await page.getByRole('button', { name: 'Remove notice 1' }).click();
      await page.getByRole('button', { name: 'Publish' }).click();
      await page.getByText('There is no notice.').waitFor();
      await published.waitFor({ state: 'detached' });
    });
  });
});
