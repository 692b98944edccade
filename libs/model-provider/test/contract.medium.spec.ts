import { expectedText } from '@perennial/provider-simulator';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeProviderPools, createProvider, type ModelProvider } from '../src';
import { collect, user } from './collect';
import { drivers, type Subject } from './drivers';

/**
 * One contract for every kind of provider. Real: the simulator over sockets, Ollama and the local model as processes with a real language
 * model. No mocks.
 */
const PROMPT = 'Write three sentences about the sea.';
/** The same text each time, as far as a real model allows. */
const STEADY = { temperature: 0, seed: 7 };

// A real model on a busy machine writes a few tokens in a second.
describe.each(await drivers())('$name', { timeout: 90_000 }, ({ name, real, missing, start }) => {
  if (missing) {
    it.skip(`is not tested here: ${missing}`, () => undefined);
    return;
  }

  let subject: Subject;
  let provider: ModelProvider;
  beforeAll(async () => {
    subject = await start();
    provider = createProvider(subject.connection);
  }, 120_000);
  afterAll(async () => {
    await closeProviderPools();
    await subject?.close();
  });

  const request = (extra: Record<string, unknown> = {}) => ({
    model: subject.model,
    messages: user(PROMPT),
    stream_options: { include_usage: true },
    ...STEADY,
    ...extra,
  });

  it('lists its models', async () => {
    const models = await provider.listModels();
    expect(models.map(({ id }) => id)).toContain(real ? subject.model : 'sim-t300-r30-x');
    expect(models[0]).toMatchObject({ name: expect.any(String), ownedBy: expect.any(String), raw: expect.any(Object) });
  });

  it('streams an answer in pieces, and ends with the reason and the token counts', async () => {
    const { text, pieces, end, error } = await collect(provider, request({ max_tokens: 60 }));
    expect(error).toBeUndefined();
    expect(text.length).toBeGreaterThan(20);
    expect(pieces.filter(({ kind }) => kind === 'text').length).toBeGreaterThan(3);
    expect(['stop', 'length']).toContain(end?.finishReason);
    expect(end?.usage?.completion_tokens).toBeGreaterThan(3);
    expect(end?.usage?.prompt_tokens).toBeGreaterThan(0);
  });

  it('obeys max_tokens and reports it', async () => {
    const { end } = await collect(provider, request({ max_tokens: 5 }));
    expect(end).toMatchObject({ finishReason: 'length', usage: { completion_tokens: 5 } });
  });

  it('answers in one piece', async () => {
    const result = await provider.complete({ model: subject.model, messages: user(PROMPT), ...STEADY, max_tokens: 30 });
    expect(result.text.length).toBeGreaterThan(10);
    expect(['stop', 'length']).toContain(result.finishReason);
    expect(result.usage?.total_tokens).toBeGreaterThan(0);
    expect(result.raw).toMatchObject({ object: 'chat.completion', choices: [{ message: { content: result.text } }] });
  });

  it('returns the choices of each chunk in OpenAI’s shape on request', async () => {
    const { pieces, end } = await collect(provider, request({ max_tokens: 20 }), { raw: true });
    const chunks = pieces.flatMap((piece) => (piece.kind === 'choices' ? [piece.choices] : []));
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks[0]).toMatchObject([{ index: 0, delta: {} }]);
    expect(pieces.some(({ kind }) => kind === 'text')).toBe(false);
    expect(end?.usage?.completion_tokens).toBeGreaterThan(3);
  });

  it('continues text that it has streamed before', async () => {
    const whole = await collect(provider, request({ max_tokens: 40 }));
    const given = whole.text.slice(0, Math.floor(whole.text.length / 2));
    const rest = await collect(provider, request({ max_tokens: 40, continueFrom: given }));
    expect(rest.error).toBeUndefined();
    if (real) {
      // Tokens are cut differently at the boundary, so not the same words; but no second beginning.
      expect(rest.text.length).toBeGreaterThan(0);
      expect(rest.text.trimStart().slice(0, 15)).not.toBe(whole.text.trimStart().slice(0, 15));
    } else {
      expect(given + rest.text).toBe(expectedText(subject.model, PROMPT, 40));
    }
  });

  it('refuses to continue if the connection cannot', async () => {
    const fixed = createProvider({ ...subject.connection, continuation: 'none' });
    const { error } = await collect(fixed, request({ continueFrom: 'Once' }));
    expect(error).toMatchObject({ message: expect.stringContaining('cannot continue') });
  });

  it('reports an unknown model', async () => {
    const { error } = await collect(provider, { model: 'nobody-knows-this', messages: user('hi') });
    expect(error).toMatchObject({ name: 'ProviderError', code: 'NOT_FOUND', status: 404, retryable: false });
    expect((error as Error).message).toContain('nobody-knows-this');
    await expect(provider.complete({ model: 'nobody-knows-this', messages: user('hi') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('closes the upstream request when it is aborted, and serves further ones', async () => {
    const before = subject.aborted?.() ?? 0;
    const abort = new AbortController();
    const long = real ? request({ max_tokens: 2000 }) : request({ model: 'sim-t4000-r100' });
    const { pieces, error } = await collect(provider, long, { signal: abort.signal, onPiece: () => abort.abort() });
    expect(error).toMatchObject({ code: 'CANCELLED' });
    expect(pieces).toHaveLength(1);
    // Long before its end, which is 40 s away.
    if (subject.aborted) await waitFor(() => subject.aborted!() === before + 1, { what: 'the request to be closed' });
    // A model server with one slot would be busy until the abandoned answer ends.
    const next = await collect(provider, request({ max_tokens: 3 }));
    expect(next.end?.finishReason).toBe('length');
  });

  it('closes the upstream request when the sink is full', async () => {
    const before = subject.aborted?.() ?? 0;
    const long = real ? request({ max_tokens: 2000 }) : request({ model: 'sim-t4000-r100' });
    const { end } = await collect(provider, long, { onPiece: () => true });
    expect(end).toEqual({ finishReason: 'length' });
    if (subject.aborted) await waitFor(() => subject.aborted!() === before + 1, { what: 'the request to be closed' });
    const next = await collect(provider, request({ max_tokens: 3 }));
    expect(next.error).toBeUndefined();
  });

  it(`serves several answers at once (${name})`, async () => {
    const answers = await Promise.all([1, 2, 3].map(() => collect(provider, request({ max_tokens: 10 }))));
    for (const { error, end } of answers) {
      expect(error).toBeUndefined();
      expect(end?.usage?.completion_tokens).toBe(10);
    }
  });
});
