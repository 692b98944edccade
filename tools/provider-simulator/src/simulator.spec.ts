import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseModel } from './behaviour';
import { markdownAt } from './markdown';
import { type Simulator, startSimulator } from './server';
import { expectedText, stamp, stampAge } from './text';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const post = (path: string, body: object, signal?: AbortSignal) =>
  fetch(`${simulator.url}${path}`, { method: 'POST', body: JSON.stringify(body), signal });
const hi = (model: string, content = 'hi') => ({ model, messages: [{ role: 'user', content }] });

async function streamed(body: object): Promise<{ text: string; stamps: string[]; usage?: object; done: boolean }> {
  const lines = (await (await post('/v1/chat/completions', { ...body, stream: true })).text()).split('\n\n');
  const chunks = lines.filter((line) => line.startsWith('data: {')).map((line) => JSON.parse(line.slice(6)));
  const stamps = chunks.flatMap(({ choices }) => choices[0]?.delta.content || []);
  return { text: stamps.join(''), stamps, usage: chunks.at(-1)?.usage, done: lines.includes('data: [DONE]') };
}

it('reads model ids', () => {
  expect(parseModel('sim-t300-r30-c4-d500-x')).toMatchObject({
    tokens: 300,
    rate: 30,
    perChunk: 4,
    delayMs: 500,
    deterministic: true,
  });
  expect(parseModel('sim')).toMatchObject({
    tokens: 60,
    rate: 30,
    perChunk: 1,
    delayMs: 0,
    deterministic: false,
    continues: true,
  });
  expect(parseModel('sim-t9-cut5:latest')).toMatchObject({ perChunk: 1, fault: { kind: 'cut', after: 5 } });
  expect(parseModel('sim-stall5-pause70').fault).toEqual({ kind: 'stall', after: 5, pauseMs: 70 });
  expect(parseModel('sim-e429-after7').fault).toEqual({ kind: 'status', status: 429, retryAfter: 7 });
});

describe('text', () => {
  it('is stamped with the time at which it was sent', async () => {
    const { stamps, done } = await streamed(hi('sim-t20-r40'));
    expect(stamps).toHaveLength(20);
    expect(done).toBe(true);
    const ages = stamps.map((token) => stampAge(token));
    // The first was sent about 475 ms before the last.
    expect(ages[0]! - ages[19]!).toBeGreaterThan(60);
    expect(ages[19]).toBeLessThan(60_000);
    expect(stampAge(stamp(1_000), 1_250)).toBe(250);
  });

  it('is a function of model, prompt and position with -x, also when continued', async () => {
    const model = 'sim-t12-r5000-c5-x';
    const whole = expectedText(model, 'hi', 12);
    expect((await streamed(hi(model))).text).toBe(whole);
    expect((await streamed(hi(model, 'ho'))).text).not.toBe(whole);
    for (const cut of [0, 1, 6, 33, 71, 72]) {
      const messages = [...hi(model).messages, { role: 'assistant', content: whole.slice(0, cut) }];
      expect((await streamed({ model, messages, continue_final_message: true })).text).toBe(whole.slice(cut));
    }
  });

  it('is Markdown of every kind with -md, also when continued', async () => {
    const whole = markdownAt(0, 9_000);
    expect(whole).toMatch(/## Herons[^]*```ts\n[^]*\| place[^]*\$\$\n[^]*鷺は[^]*مالك[^]*## At length/);
    expect((await streamed(hi('sim-t300-r100000-c7-md'))).text).toBe(whole.slice(0, 1_500));
    const messages = [...hi('').messages, { role: 'assistant', content: whole.slice(0, 701) }];
    expect((await streamed({ model: 'sim-t300-r100000-md', messages, continue_final_message: true })).text).toBe(
      whole.slice(701, 1_500),
    );
  });

  it('counts its answers', async () => {
    expect(
      await streamed({ ...hi('sim-t12-r5000'), max_tokens: 4, stream_options: { include_usage: true } }),
    ).toMatchObject({
      usage: { completion_tokens: 4 },
    });
  });
});

describe('statistics', () => {
  it('count every call by its prompt, also aborted ones', async () => {
    await streamed(hi('sim-t3-r1000', 'mine'));
    await (await post('/v1/chat/completions', { ...hi('sim-e500', 'mine'), stream: true })).text();
    await post('/v1/chat/completions', hi('sim', 'mine'));
    const abort = new AbortController();
    const long = await post('/v1/chat/completions', { ...hi('sim-t900', 'mine'), stream: true }, abort.signal);
    expect(simulator.stats().active).toBe(1);
    abort.abort();
    await expect(long.text()).rejects.toThrow();
    await expect
      .poll(() => simulator.stats())
      .toMatchObject({ active: 0, stream_started: 2, stream_done: 1, stream_aborted: 1, nonstream: 1 });
    const { prompts } = (await (await fetch(`${simulator.url}/sim/stats?prompts=1`)).json()) as {
      prompts: Record<string, object>;
    };
    const digest = createHash('sha256').update('mine').digest('hex');
    expect(prompts[digest]).toEqual({ streams: 3, done: 1, aborted: 1, continued: 0, nonstream: 1 });
  });

  it('count calls by a mark, also in a prompt that was made of the marked one', async () => {
    await streamed(hi('sim-t3-r1000', 'Tell me about mark-1-ada.'));
    await post('/v1/chat/completions', hi('sim', 'A title for "Tell me about mark-1-ada."'));
    await post('/v1/chat/completions', hi('sim', 'without any'));
    const { marks } = (await (await fetch(`${simulator.url}/sim/stats?marks=1`)).json()) as { marks: object };
    expect(marks).toEqual({ 'mark-1-ada': { streams: 1, nonstream: 1 } });
  });

  it('are cleared, with the faults', async () => {
    await post('/sim/faults', { kind: 'status', status: 503, times: 2 });
    expect((await post('/v1/chat/completions', hi('sim'))).status).toBe(503);
    await post('/sim/reset', {});
    expect((await post('/v1/chat/completions', hi('sim'))).status).toBe(200);
    expect(simulator.stats()).toMatchObject({ nonstream: 1 });
  });
});

it('answers the housekeeping of a chat in JSON', async () => {
  const answer = await post('/v1/chat/completions', hi('sim', 'Answer in JSON: {"title": "…"}'));
  const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
  expect(JSON.parse(choices[0]!.message.content)).toEqual({ title: 'Simulated title' });
});

it('rejects an unknown model, and a body that is not JSON', async () => {
  expect((await post('/v1/chat/completions', hi('gpt-9'))).status).toBe(404);
  expect(await (await post('/api/chat', hi('gpt-9'))).json()).toEqual({ error: "model 'gpt-9' not found" });
  expect((await fetch(`${simulator.url}/v1/chat/completions`, { method: 'POST', body: '{' })).status).toBe(400);
});
