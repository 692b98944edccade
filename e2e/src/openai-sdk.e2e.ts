import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signUpAdmin } from './support/accounts';

const MODEL = 'sim-t60-r300-x';
const OUT_OF_QUOTA = 'sim-t60-r30-e429-after7';

/** The unmodified SDK, pointed at `/api/v1` with a session token as its key. */
describe('the OpenAI SDK', () => {
  let simulator: Simulator;
  let system: RunningSystem;
  let client: OpenAI;

  beforeAll(async () => {
    simulator = await startSimulator({ port: 0, models: [MODEL, OUT_OF_QUOTA] });
    system = await launchSystem({ env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' } });
    const { token } = await signUpAdmin(system.baseUrl);
    client = new OpenAI({ baseURL: `${system.baseUrl}/api/v1`, apiKey: token, maxRetries: 0 });
  });

  afterAll(async () => {
    await system?.stop();
    await simulator?.close();
  });

  it('lists the models', async () => {
    const ids: string[] = [];
    for await (const model of await client.models.list()) ids.push(model.id);
    expect(ids).toContain(MODEL);
  });

  it('streams an answer with usage', async () => {
    const stream = await client.chat.completions.create({
      model: MODEL,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'stream to me' }],
    });
    let text = '';
    let finish: string | null | undefined;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(text).toHaveLength(60 * 6);
    expect(finish).toBe('stop');
    expect(usage?.completion_tokens).toBe(60);
  });

  it('gets an answer whole', async () => {
    const completion = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'all at once' }],
    });
    expect(completion.object).toBe('chat.completion');
    expect(completion.choices[0]?.message.content).toHaveLength(60 * 6);
    expect(completion.usage?.completion_tokens).toBe(60);
  });

  it('gives the same answer to the same idempotency key, and refuses another body under it', async () => {
    const before = simulator.stats().stream_started;
    const ask = (content: string) =>
      client.chat.completions.create(
        { model: MODEL, messages: [{ role: 'user', content }] },
        { headers: { 'Idempotency-Key': 'k-1' } },
      );
    const [first, second] = await Promise.all([ask('once'), ask('once')]);
    expect(second.choices[0]?.message.content).toBe(first.choices[0]?.message.content);
    expect(simulator.stats().stream_started).toBe(before + 1);
    await expect(ask('something else')).rejects.toMatchObject({ status: 422 });
  });

  it('raises errors with a clear message', async () => {
    const failure = async (work: Promise<unknown>): Promise<APIError> => {
      try {
        await work;
      } catch (error) {
        if (error instanceof APIError) return error;
        throw error;
      }
      throw new Error('no error was raised');
    };
    const unknown = await failure(
      client.chat.completions.create({ model: 'no-such-model', messages: [{ role: 'user', content: 'x' }] }),
    );
    expect([404, 400]).toContain(unknown.status);
    expect(unknown.message).toContain('no-such-model');

    const stranger = new OpenAI({ baseURL: `${system.baseUrl}/api/v1`, apiKey: 'not-a-token', maxRetries: 0 });
    expect((await failure(stranger.models.list())).status).toBe(401);

    for (const stream of [false, true]) {
      const quota = await failure(
        client.chat.completions.create({ model: OUT_OF_QUOTA, stream, messages: [{ role: 'user', content: 'x' }] }),
      );
      expect(quota.status).toBe(429);
      expect(quota.headers?.get('retry-after')).toBe('7');
    }
    const wrong = await failure(
      client.chat.completions.create({
        model: MODEL,
        temperature: 'hot' as unknown as number,
        messages: [{ role: 'user', content: 'x' }],
      }),
    );
    expect([wrong.status, wrong.type, wrong.param]).toEqual([400, 'invalid_request_error', 'temperature']);
  });

  it.each(['/v1', '/openai'])('finds the same API under %s', async (path) => {
    const elsewhere = client.withOptions({ baseURL: system.baseUrl + path });
    expect((await elsewhere.models.list()).data.map(({ id }) => id)).toContain(MODEL);
    const { choices } = await elsewhere.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: path }],
    });
    expect(choices[0]?.message.content).toHaveLength(60 * 6);
  });
});
