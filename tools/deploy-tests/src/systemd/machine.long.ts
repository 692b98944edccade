import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { FileReply } from '@perennial/contracts-wire';
import type { Account } from '@perennial/e2e/support/accounts';
import { doneAnswer } from '@perennial/e2e/support/answers';
import { http } from '@perennial/e2e/support/http';
import { QUOTING_MODEL, startQuotingModel } from '@perennial/e2e/support/quoting-model';
import type { ReaderEvent } from '@perennial/e2e/support/reader-event';
import type { ScriptedModel } from '@perennial/e2e/support/scripted-model';
import { SocketReader } from '@perennial/e2e/support/socket-reader';
import { readRun } from '@perennial/e2e/support/sse-reader';
import { SteadyLoad } from '@perennial/e2e/support/steady-load';
import { newTurn, sendTurn } from '@perennial/e2e/support/turn';
import { ROOT, SERVICES } from '@perennial/launcher';
import { installedProgram, waitFor } from '@perennial/local-runtime/servers';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { missingServer } from '@perennial/testing';
import { factOf } from '@perennial/testing/documents';
import { type QdrantServer, type SeaweedServer, startQdrant, startSeaweed } from '@perennial/testing/servers';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellBlocks } from '../guide/shell-blocks';
import { containerEngine, type Engine } from '../images/engine';
import { Machine } from './machine';

// Real: every command of the page in its order, systemd with all settings of the units, Postgres, Redis and HAProxy as Debian's units, Qdrant,
// S3. Not real: the models.
const PAGE = 'docs/deploy/machines.md';
const TOKENS = 300;
const MODEL = `sim-t${TOKENS}-r30-x`;
const EMAIL = 'ann@example.com';
const PASSWORD = 'correct horse battery staple';
const QDRANT_KEY = 'the key of the Qdrant of this test';

/** What is the reader's own on the page. The name of the installation is one that this machine resolves. */
const OWN: Readonly<Record<string, string>> = {
  'chat.example.com': 'localhost',
  'https://s3.example.com': 'http://127.0.0.1:8333',
  'https://models.example.com/v1': 'http://127.0.0.1:9500/v1',
  'bge-m3': 'sim-embed',
};
const page = Object.entries(OWN).reduce(
  (text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${PAGE} has no ${from} any more`);
    return text.replaceAll(from, to);
  },
  readFileSync(join(ROOT, PAGE), 'utf8'),
);
const blocks = shellBlocks(page);

let engine: Engine;
let qdrant: QdrantServer | undefined;
let seaweed: SeaweedServer | undefined;
const missing = await missingServer('the guide to machines', async () => {
  engine = await containerEngine();
  for (const [program, debianPackage] of [
    ['systemctl', 'systemd'],
    ['pg_ctlcluster', 'postgresql'],
    ['redis-server', 'redis-server'],
    ['haproxy', 'haproxy'],
  ] as const)
    await installedProgram(program, debianPackage);
  qdrant = await startQdrant({ apiKey: QDRANT_KEY });
  seaweed = await startSeaweed();
});

const SECTIONS = ['Install', 'A load balancer with TLS', 'The first account, and a model', 'Back up', 'Watch'];

describe.skipIf(missing !== undefined)(`a machine that is set up with the commands of ${PAGE}`, () => {
  let machine: Machine;
  let simulator: Simulator;
  let quoting: ScriptedModel;
  let url: string;
  let account: Account;

  beforeAll(async () => {
    // Before the first second of the guide: `npm ci && npm run pack`.
    const pack = join(ROOT, 'tools/build/src/pack/main.mjs');
    await promisify(execFile)(process.execPath, [pack], { cwd: ROOT, maxBuffer: 2 ** 26 });
    simulator = await startSimulator({ port: 0, models: [MODEL] });
    quoting = await startQuotingModel();
    machine = await Machine.start(engine);
    await machine.run('systemctl start postgresql redis-server');
    for (const [port, server] of [
      [6333, qdrant!.url],
      [8333, seaweed!.endpoint],
      [9500, simulator.url],
      [9501, quoting.url],
    ] as const)
      await machine.provide(port, server);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  }, 300_000);

  afterAll(async () => {
    await machine?.stop();
    await Promise.all([simulator?.close(), quoting?.close(), qdrant?.stop(), seaweed?.stop()]);
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  });

  /** Runs what the page has below a heading. */
  async function follow(section: string): Promise<string> {
    const commands = blocks.filter((block) => block.section === section);
    if (commands.length === 0) throw new Error(`${PAGE} has nothing to run below "${section}"`);
    // In one shell, as a person does it.
    return machine.run(commands.map(({ text }) => text).join('\n')).catch(async (cause: unknown) => {
      const logs = await machine.run("journalctl --unit 'perennial-*' --output cat | tail -n 20");
      throw new Error(`${section}\n${logs}`, { cause });
    });
  }

  const active = (): Promise<string> =>
    machine.run("systemctl list-units --state=active --plain --no-legend 'perennial-*.service' | wc -l");

  /** Sends a turn; `whole` is fulfilled with its text, as its reader has it at the end. */
  async function begin(prompt: string) {
    const { runId } = await sendTurn(url, account, newTurn(MODEL, prompt, 'machine'));
    const events: ReaderEvent[] = [];
    const reading = readRun(url, account.token, runId, (event) => events.push(event), AbortSignal.timeout(120_000));
    await waitFor(() => events.some(({ kind }) => kind === 'delta'), { timeoutMs: 20_000, what: 'the first token' });
    // After a death a reset replaces the text by what was durable of it.
    const textOf = (text: string, event: ReaderEvent): string =>
      event.kind === 'delta' ? text + event.text : event.kind === 'reset' ? event.text : text;
    const whole = reading.then(() => events.reduce(textOf, ''));
    return { whole, expected: expectedText(MODEL, prompt, TOKENS) };
  }

  it('the test follows every command', () => {
    expect([...new Set(blocks.map(({ section }) => section))]).toEqual([...SECTIONS, 'Upgrade and roll back']);
  });

  it('runs two processes of everything, and the doctor finds nothing wrong', async () => {
    const secrets = { qdrant_api_key: QDRANT_KEY, s3_access_key_id: seaweed!.accessKeyId };
    for (const [name, value] of Object.entries({ ...secrets, s3_secret_access_key: seaweed!.secretAccessKey })) {
      await machine.write(`/etc/perennial/secrets/${name}`, value);
    }
    const printed = await follow('Install');
    expect(printed).toContain('0 failed');
    expect(Number(await active())).toBe(2 * SERVICES.length);
  }, 300_000);

  it('answers over TLS through HAProxy, which does not run as root', async () => {
    expect(await follow('A load balancer with TLS')).toContain('{"status":true}');
    expect(await machine.run('ps -o user= -C haproxy | sort -u')).toContain('haproxy');
    url = `https://localhost:${await machine.open(443)}`;
  });

  it('has a first account and a model', async () => {
    await machine.write('/root/password', PASSWORD);
    const connection = (port: number, config = {}) => ({ url: `http://127.0.0.1:${port}/v1`, key: 'a key', config });
    const continuing = connection(9500, { continuation: 'continue_final_message' });
    const connections = { enabled: true, connections: [continuing, connection(9501)] };
    await machine.write('/root/connections.json', JSON.stringify(connections));
    const shown = await follow('The first account, and a model');
    expect(shown).not.toContain('a key');
    const { status, body } = await http<Account>('POST', `${url}/api/v1/auths/signin`, {
      body: { email: EMAIL, password: PASSWORD },
    });
    expect(status).toBe(200);
    account = body;
  });

  it('chats over a socket and with the OpenAI SDK', async () => {
    const socket = new SocketReader(url, account.token, { rejectUnauthorized: false });
    expect(await socket.identity(account.token)).toMatchObject({ id: account.id });
    socket.close();
    const { whole, expected } = await begin('Who are you?');
    expect(await whole).toBe(expected);
    const client = new OpenAI({ baseURL: `${url}/api/v1`, apiKey: account.token });
    const messages = [{ role: 'user' as const, content: 'Hello' }];
    const stream = await client.chat.completions.create({ model: MODEL, messages, stream: true });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe(expectedText(MODEL, 'Hello', TOKENS));
  });

  it('answers from a document, with its source', async () => {
    const fact = factOf(3);
    const form = new FormData();
    form.set('file', new Blob([`Nothing else. ${fact.sentence}`], { type: 'text/plain' }), 'note.txt');
    const headers = { authorization: `Bearer ${account.token}` };
    const uploaded = await fetch(`${url}/api/v1/files/?process=true`, { method: 'POST', headers, body: form });
    const file = (await uploaded.json()) as FileReply;
    const ingested = async () => {
      const { body } = await http<{ status: string }>('GET', `${url}/api/v1/files/${file.id}/process/status`, account);
      return body.status === 'completed';
    };
    await waitFor(ingested, { timeoutMs: 60_000, what: 'the document to be ingested' });
    const turn = newTurn(QUOTING_MODEL, fact.question, 'machine');
    const attached = { type: 'file', id: file.id, name: file.filename, file, status: 'uploaded', url: file.id };
    Object.assign(turn.user_message ?? {}, { files: [attached] });
    const answer = await doneAnswer(url, account, await sendTurn(url, account, turn));
    expect(answer.content).toContain(`${fact.sentence} [1]`);
    expect(answer.sources).toMatchObject([{ source: { id: file.id } }]);
  });

  it.each(SERVICES)('a killed process of %s is started again, and answers go on', async (service) => {
    const { whole, expected } = await begin(`Who kills ${service}?`);
    await machine.run(`systemctl kill --signal=KILL perennial-${service}@1`);
    expect(await whole).toBe(expected);
    const all = async () => Number(await active()) === 2 * SERVICES.length;
    await waitFor(all, { timeoutMs: 90_000, what: `${service} to be back` });
  });

  it('a wrong setting ends a start at once, with the sentence for it', async () => {
    await machine.run("echo 'LOG_LEVEL=loud' > /etc/perennial/perennial-auth.env");
    const started = Date.now();
    await expect(machine.run('systemctl restart perennial-auth@2')).rejects.toThrow('failed');
    expect(Date.now() - started).toBeLessThan(30_000);
    expect(await machine.run('journalctl --unit perennial-auth@2 --output cat | tail -n 20')).toContain('LOG_LEVEL');
    await sleep(3_000);
    expect((await machine.run('systemctl is-failed perennial-auth@2')).trim()).toBe('failed');
    await machine.run('rm /etc/perennial/perennial-auth.env; systemctl start perennial-auth@2');
  });

  it('no request fails, and no answer breaks, while each process is restarted', async () => {
    const { whole, expected } = await begin('Who restarts you?');
    const load = new SteadyLoad(url, account.token);
    await follow('Upgrade and roll back');
    const { answered, failed } = await load.end();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(200);
    expect(await whole).toBe(expected);
  }, 600_000);

  it('is backed up, and shows its metrics', async () => {
    await follow('Back up');
    const versions = (await follow('Watch')).trim().split('\n');
    expect(versions.filter((line) => line.startsWith('perennial_build_info{'))).toHaveLength(2 * SERVICES.length);
  });
});
