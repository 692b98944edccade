import { randomUUID } from 'node:crypto';
import { runs } from '@perennial/contracts-chat';
import { routes } from '@perennial/contracts-gateway';
import { CallError } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { TurnAdmission } from './turn-admission';

const { path, aliases = [] } = routes.completions.create;

/** A request for an answer passes its admission, however its address is written. */
describe('the address of a request for an answer', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ CORS_ALLOW_ORIGIN: 'https://app.example' });
  });
  afterAll(() => edge.close());

  const send = (url: string, headers: { authorization: string }) =>
    edge.app.inject({
      method: 'POST',
      url,
      headers,
      payload: { model: 'm', session_id: 's', parent_id: null, id: 'a', user_message: { id: 'q', content: 'x' } },
    });
  const addresses = [path, ...aliases, `${path}/`, `${path}?x`].concat(
    [path, ...aliases].map((each) => each.replace(/s$/, '%73')),
    '/%61pi/%761/chat/completions/?x',
  );

  it.each(addresses)('%s: four accepts of one user at once', async (url) => {
    const { headers } = edge.account('user');
    const answers: (() => void)[] = [];
    edge.rpc.on(runs.accept, async () => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return { chatId: randomUUID(), created: true, runs: [] };
    });
    const asked = Array.from({ length: 5 }, () => send(url, headers));
    const { waiting } = edge.app.get(TurnAdmission) as unknown as { waiting: ReadonlySet<unknown> };
    const replies = Promise.all(asked);
    await vi.waitFor(() => expect(waiting.size).toBe(1), 10_000);
    expect(answers).toHaveLength(4);
    for (const answer of answers) answer();
    await vi.waitFor(() => expect(answers).toHaveLength(5), 10_000);
    answers[4]?.();
    expect((await replies).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
  });

  it.each(addresses)('%s: who was refused three times is refused without a call', async (url) => {
    const { headers } = edge.account('user');
    edge.rpc.fails(runs.accept, new CallError('RESOURCE_EXHAUSTED', 'Too many answers.'));
    for (let turn = 0; turn < 3; turn += 1) expect((await send(url, headers)).statusCode).toBe(429);
    const before = edge.rpc.commands.length;
    expect((await send(url, headers)).statusCode).toBe(429);
    expect(edge.rpc.commands).toHaveLength(before);
  });

  it.each([
    ['nobody', undefined],
    ['its own page', 'http://localhost'],
    ['a page of another origin', 'https://app.example'],
  ])('a refusal of %s is a reply like all others', async (_, origin) => {
    const headers = { ...edge.account('user').headers, ...(origin !== undefined && { origin }) };
    edge.rpc.fails(runs.accept, new CallError('RESOURCE_EXHAUSTED', 'Too many answers.'));
    for (let turn = 0; turn < 3; turn += 1) await send(path, headers);
    const message = 'Too many of your answers are being written. Wait for one to end or stop one.';
    const reply = await send(path, headers);
    expect(reply.json()).toMatchObject({
      detail: message,
      error: expect.objectContaining({ message, type: 'rate_limit_error' }),
    });
    expect(reply).toMatchObject({
      statusCode: 429,
      headers: {
        'retry-after': '1',
        'cache-control': 'no-store',
        'content-type': 'application/json; charset=utf-8',
        'content-security-policy': expect.stringContaining("default-src 'none'") as string,
        'x-content-type-options': 'nosniff',
      },
    });
    expect(reply.headers['access-control-allow-origin']).toBe(origin === 'https://app.example' ? origin : undefined);
    const counted = await edge.app.get(Runtime).metrics.text();
    expect(counted.body).toMatch(/http_requests_total\{[^}]*status="429"[^}]*\} \d/);
  });
});
