import { randomUUID } from 'node:crypto';
import { runs } from '@perennial/contracts-chat';
import { routes } from '@perennial/contracts-gateway';
import { CallError } from '@perennial/contracts-kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { TurnAdmission } from './turn-admission';

const { path, aliases = [] } = routes.completions.create;

/** A request for an answer passes its admission, however its address is written. */
describe('the address of a request for an answer', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge();
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
});
