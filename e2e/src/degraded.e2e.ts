import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { expectedText, promptDigest, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, addContinuingConnection, addUsers, signUpAdmin } from './support/accounts';
import { doneAnswer } from './support/answers';
import { http } from './support/http';
import { Owners } from './support/owners';
import type { ReaderEvent } from './support/reader-event';
import { SocketReader } from './support/socket-reader';
import { readRun } from './support/sse-reader';
import { SteadyLoad } from './support/steady-load';
import { newTurn, sendTurn } from './support/turn';

const MODEL = 'sim-t200-r30-x';
/** Prefix of the models whose provider continues a text. */
const CONTINUING = 'cont';

/** What still works when a part is away, and what ends when a session ends. */
describe('degraded operation', () => {
  let simulator: Simulator;
  let system: RunningSystem;
  let owners: Owners;
  let account: Account;
  let other: Account;

  beforeAll(async () => {
    simulator = await startSimulator({
      port: 0,
      models: [MODEL, 'sim-t600-r30-x', 'sim-t100-r30-x-nocont', 'sim-t300-r30-x'],
    });
    system = await launchSystem({
      scale: { gateway: 2, auth: 2, chat: 2, config: 2 },
      env: { OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
    });
    const admin = await signUpAdmin(system.baseUrl);
    await addContinuingConnection(system.baseUrl, admin, `${simulator.url}/v1`, CONTINUING);
    owners = new Owners(() => system.postgresUrl);
    [account, other] = (await addUsers(system.baseUrl, admin, 2)) as [Account, Account];
  });

  afterAll(async () => {
    await owners?.close();
    await system?.stop();
    await simulator?.close();
  });

  it('Redis down: page, health and last known configuration are served, answers continue, the rest is 503 with Retry-After, and it recovers', async () => {
    await http('GET', `${system.gateways[0]}/api/config`);
    const sent = await sendTurn(system.baseUrl, account, newTurn(MODEL, 'without redis', 'session'));
    await sleep(1_500);
    const { server, supervisor } = system.redisServer();
    await supervisor.without(async () => {
      await server.process.kill();
      for (const path of ['/health', '/api/config', '/api/version', '/manifest.json']) {
        expect([path, (await http('GET', system.gateways[0] + path)).status]).toEqual([path, 200]);
      }
      const refused = await http<{ detail: string }>('GET', `${system.gateways[0]}/api/v1/chats/?page=1`, {
        token: account.token,
      });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(refused.body.detail).toMatch(/./);
      await sleep(4_000);
      await server.start();
    });
    const answer = await doneAnswer(system.baseUrl, account, sent);
    expect(answer.content).toBe(expectedText(MODEL, 'without redis', 200));
    expect(answer.error ?? null).toBeNull();
  });

  it('Postgres restarted in mid-answer: the answer is complete', async () => {
    const sent = await sendTurn(system.baseUrl, account, newTurn(MODEL, 'without postgres', 'session'));
    await sleep(1_500);
    await system.restartPostgres({ kill: true });
    const answer = await doneAnswer(system.baseUrl, account, sent, 60_000);
    expect(answer.content).toBe(expectedText(MODEL, 'without postgres', 200));
  });

  it('a password change ends tokens, sockets and streams, through every gateway', async () => {
    const sent = await sendTurn(system.baseUrl, other, newTurn('sim-t600-r30-x', 'until the end', 'session'));
    const socket = new SocketReader(system.gateways[0]!, other.token);
    expect(await socket.identity(other.token)).not.toBeNull();
    let cuts = 0;
    const reading = readRun(
      system.gateways[1]!,
      other.token,
      sent.runId,
      (event) => event.kind === 'reconnect' && (cuts += 1),
      AbortSignal.timeout(30_000),
    ).catch(() => undefined);
    await sleep(1_000);
    expect(cuts).toBe(0);
    const changed = await http('POST', system.gateways[0] + routes.auths.updatePassword.path, {
      token: other.token,
      body: { password: 'correct horse battery staple', new_password: 'another horse battery staple' },
    });
    expect(changed.status).toBe(200);
    for (const gateway of system.gateways) {
      await expect
        .poll(async () => (await http('GET', `${gateway}/api/v1/chats/?page=1`, { token: other.token })).status, {
          timeout: 10_000,
        })
        .toBe(401);
    }
    await reading;
    expect(cuts).toBeGreaterThan(0);
    expect(await socket.identity(other.token)).toBeNull();
    socket.close();
  });

  it.each([
    ['an answer that ends within half of the grace, of a provider that starts again', 'sim-t100-r30-x-nocont'],
    ['an answer that is handed over, of a provider that continues it', `${CONTINUING}.sim-t300-r30-x`],
  ])('SIGTERM under %s: the process exits with 0, the reader notices nothing', async (_, model) => {
    const upstream = model.replace(`${CONTINUING}.`, '');
    const prompt = `a deploy under ${model}`;
    const sent = await sendTurn(system.baseUrl, account, newTurn(model, prompt, 'session'));
    const events: ReaderEvent[] = [];
    const onEvent = (event: ReaderEvent) => events.push(event);
    const reading = readRun(system.baseUrl, account.token, sent.runId, onEvent, AbortSignal.timeout(60_000));
    await expect.poll(() => events.length).toBeGreaterThan(0);
    const instance = Number((await owners.ownerOf(sent.runId))?.split('-').at(-1));
    const process = system.process('chat', instance);
    const exited = process.exited;
    process.signal('SIGTERM');
    expect(await exited).toMatchObject({ code: 0 });
    await reading;
    await system.ready('chat', instance);
    // A reset would replace the reader's text, which is visible.
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['delta', 'end']));
    const text = events.map((event) => (event.kind === 'delta' ? event.text : '')).join('');
    expect(text).toBe(expectedText(upstream, prompt, Number(/-t(\d+)/.exec(upstream)?.[1])));
    expect(simulator.stats().prompts[promptDigest(prompt)]?.streams).toBe(model === upstream ? 1 : 2);
  });

  it('SIGTERM of a process of each kind under load: no request fails, and every answer ends once', async () => {
    const turns = await Promise.all(
      ['one', 'two', 'three'].map((text) => sendTurn(system.baseUrl, account, newTurn(MODEL, text, 'session'))),
    );
    const ends = turns.map(() => 0);
    const reading = turns.map(({ runId }, turn) => {
      const count = (event: { kind: string }) => void (event.kind === 'end' && (ends[turn]! += 1));
      return readRun(system.baseUrl, account.token, runId, count, AbortSignal.timeout(90_000));
    });
    const load = new SteadyLoad(system.baseUrl, account.token);
    const leaving = (['gateway', 'auth', 'chat', 'config'] as const).map((service) => system.process(service, 1));
    const exits = leaving.map((process) => process.exited);
    for (const process of leaving) process.signal('SIGTERM');
    // Load balancers need a moment to see that it is not ready: until then every request is answered, and its connection is closed.
    const late = async (): Promise<unknown> => {
      const reply = await http('GET', `${system.gateways[0]}/api/v1/chats/?page=1`, { token: account.token });
      return [reply.status, reply.headers['connection']];
    };
    // The first one may come before the signal.
    await expect.poll(late, { interval: 20 }).toEqual([200, 'close']);
    for (const exit of exits) expect(await exit).toMatchObject({ code: 0 });
    await Promise.all((['gateway', 'auth', 'chat', 'config'] as const).map((service) => system.ready(service, 1)));
    await Promise.all(reading);
    const { answered, failed } = await load.end();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(ends).toEqual([1, 1, 1]);
    console.log(`rolling SIGTERM: 0 of ${answered} requests failed`);
  });
});
