import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@perennial/testing';
import { describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import type { Turn, World } from './world';

/** Real: Postgres, Redis, the transport, built chat processes. Not real: config, the provider. */
describe('the limits of a connection, across the fleet', () => {
  let world: World;
  let url: string;
  inWorld(async (started) => {
    world = started;
    url = world.answers.baseUrl;
    await Promise.all([world.chat('all'), world.chat('all')]);
  });

  /** Config's answers change with its version, which chat asks for once a second. */
  async function configure(limits: World['answers']['limits'], baseUrl = url): Promise<void> {
    Object.assign(world.answers, { limits, baseUrl, version: world.answers.version + 1 });
    await sleep(1_100);
  }

  async function ended(turns: readonly Turn[]): Promise<string[]> {
    const readers = await Promise.all(turns.map(({ runId }) => world.follow(runId)));
    const ends = await Promise.all(readers.map((reader) => reader.ended(40_000)));
    return ends.map(({ terminal }) => terminal.error?.code ?? terminal.state);
  }

  /** Resolves when no process has a place at a provider. */
  async function idle(): Promise<void> {
    const leases = await world.commands.keys(`${world.prefix}:connection:*:leases`);
    await waitFor(async () =>
      (await Promise.all(leases.map((key) => world.commands.zcard(key)))).every((count) => count === 0),
    );
  }

  it('a pause that the provider asks one process for is kept by all', async () => {
    const model = 'sim-t5-r50-e429-after30';
    const prompt = 'The same for all';
    expect(await ended([await world.ask({ model, prompt })])).toEqual(['RATE_LIMITED']);
    await sleep(300);
    const more = await Promise.all(Array.from({ length: 8 }, () => world.ask({ model, prompt })));
    expect(await ended(more)).toEqual(more.map(() => 'RATE_LIMITED'));
    expect(world.calls(prompt)).toBe(1);
    // Another model of the connection is not concerned.
    expect(await ended([await world.ask({ model: 'sim-t5-r50-x' })])).toEqual(['completed']);
  });

  it('as many requests at once as an admin allows, from all processes together', async () => {
    await configure({ maxConcurrency: 2 });
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, world.simulator.stats().active)), 5);
    // Each lasts two seconds: the second is asked for while the first is written, on a slow machine too.
    const turns = await Promise.all(Array.from({ length: 6 }, () => world.ask({ model: 'sim-t40-r20-x' })));
    expect(await ended(turns)).toEqual(turns.map(() => 'completed'));
    clearInterval(look);
    expect(most).toBe(2);
    await idle();
  });

  it('answers wait for a small limit of requests per minute', async () => {
    await configure({ requestsPerMinute: 6 });
    const turns = [await world.ask({ model: 'sim-t5-r50-x' }), await world.ask({ model: 'sim-t5-r50-x' })];
    // The second waits for about 10 s, which is longer than a provider's own pause may be.
    expect(await ended(turns)).toEqual(['completed', 'completed']);
  });

  it('the places of a killed worker come back, so that its answers go on elsewhere', async () => {
    await configure({ maxConcurrency: 1 });
    const turn = await world.ask({ model: 'sim-t60-r20-x' });
    const reader = await world.follow(turn.runId);
    await waitFor(() => reader.text.length > 0, { what: 'its first text' });
    await (await world.ownerOf(turn.runId)).kill();
    expect(await world.complete(turn, reader)).toMatchObject({ deaths: 1 });
    await world.chat('all');
  });

  it('a title is given up before an answer, and the chat is named after its message', async () => {
    await configure({ maxConcurrency: 3 });
    const long = 'sim-t3000-r20-x';
    const writing = [await world.ask({ model: long }), await world.ask({ model: long })];
    await Promise.all(
      writing.map(({ runId }) => world.follow(runId).then((reader) => waitFor(() => reader.text !== ''))),
    );
    // Two of three places are taken: the third is for an answer.
    const turn = await world.ask({ model: 'sim-t5-r50-x', prompt: 'Under load', title: true });
    expect(await ended([turn])).toEqual(['completed']);
    const titleOf = async (chatId: string): Promise<string> =>
      (await world.db.query<{ title: string }>('SELECT title FROM chats WHERE id = $1', [chatId])).rows[0]!.title;
    await waitFor(async () => (await titleOf(turn.chatId)) === 'Under load', { what: 'a title without a call' });
    for (const { runId, user } of writing) await world.cancel({ runId }, user);
    await idle();
    const calm = await world.ask({ model: 'sim-t5-r50-x', prompt: 'Without load', title: true });
    await waitFor(async () => (await titleOf(calm.chatId)) === 'Simulated title', { what: 'a title of the model' });
  });

  it('a provider that is away is not asked again and again, and is used when it is back', async () => {
    const asked = { count: 0, away: true };
    const server = createServer((_request, response) => {
      asked.count += 1;
      if (asked.away) response.writeHead(503).end();
      else response.writeHead(404).end('{"error":{"message":"no such model"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await configure({}, `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    const model = 'sim-away';
    for (let n = 0; n < 20; n += 1) expect(await ended([await world.ask({ model })])).toEqual(['UNAVAILABLE']);
    // Without the breakers of two processes the 20 would have asked about 40 times: each is tried twice while the budget of retries lasts.
    expect(asked.count).toBeLessThan(32);
    const before = asked.count;
    asked.away = false;
    await waitFor(async () => (await ended([await world.ask({ model })]))[0] === 'NOT_FOUND', { timeoutMs: 20_000 });
    expect(asked.count).toBeGreaterThan(before);
    server.close();
  });

  it('a provider that returns with a long answer is used by all at once, not only after that answer', async () => {
    let away = true;
    const server = createServer((_request, response) => {
      if (away) return response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // Its end never comes.
      return response.write('data: {"choices":[{"delta":{"content":"begun"}}]}\n\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await configure({}, `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    const model = 'sim-returns';
    for (let n = 0; n < 20; n += 1) expect(await ended([await world.ask({ model })])).toEqual(['UNAVAILABLE']);
    away = false;
    const writing: Turn[] = [];
    // Each of two processes tries once: with breakers that wait for the end, two would be written.
    await waitFor(
      async () => {
        const turn = await world.ask({ model });
        const reader = await world.follow(turn.runId);
        await waitFor(() => reader.text !== '' || reader.end !== undefined);
        if (reader.text !== '') writing.push(turn);
        return writing.length === 6;
      },
      { timeoutMs: 20_000, what: 'six answers at once' },
    );
    for (const { runId, user } of writing) await world.cancel({ runId }, user);
    server.closeAllConnections();
    server.close();
  });
});
