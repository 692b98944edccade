import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, type ManagedProcess } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from './installation';

const OLD = 'a3f1c2d3e4a5968778695a4b3c2d1e0f';
const NEXT = 'b0f1c2d3e4a5968778695a4b3c2d1e0f';
const THIRD = 'c9f1c2d3e4a5968778695a4b3c2d1e0f';
const PASSWORD = 'Passw0rd!x';
const PROVIDER_KEY = 'sk-key-of-a-provider';

/** Keys of a process: what it signs with, and what it only accepts. */
const keys = (current: string, second = ''): Record<string, string> => ({
  SECRET_KEY: current,
  SECRET_KEY_SECOND: second,
});

interface Count {
  rotated: number;
  current: number;
  second: number;
  unreadable: number;
}

/**
 * Real: the built command line, gateway, auth and config, Postgres, Redis; a model server that lists its model to whoever has its key. As in
 * docs/deploy/secret-key.md: each step starts new replicas beside the old ones, which leave afterwards.
 */
describe('a change of SECRET_KEY', () => {
  let here: Installation;
  let provider: Server;
  let replicas: ManagedProcess[] = [];
  /** The gateway that gets requests. */
  let gateway = '';
  const failures: unknown[] = [];
  let requests = 0;

  beforeAll(async () => {
    provider = createServer((request, response) => {
      const isKnown = request.headers.authorization === `Bearer ${PROVIDER_KEY}`;
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isKnown ? { data: [{ id: 'rose', object: 'model' }] } : { error: 'who are you' }));
    }).listen(0, '127.0.0.1');
    here = await Installation.create({
      ...keys(OLD),
      RAG_OPENAI_API_KEY: 'sk-key-of-an-embedder',
      REDIS_REQUIRE_SIGNED: 'true',
      SHUTDOWN_DELAY_MS: '0',
    });
    await here.json('migrate');
    await roll(keys(OLD));
    await here.run(['user', 'create', '--first-admin', '--email', 'ann@example.com'], `${PASSWORD}\n`);
    // It seeds the settings of retrieval, with a key of its own, and is not needed any further.
    await (await here.startReplica('retrieval')).stop();
    const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
    const set = { enabled: true, connections: [{ url, key: PROVIDER_KEY, config: {} }] };
    const saved = await here.run(['settings', 'set', 'connections.openai'], JSON.stringify(set));
    expect(saved).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(async () => {
    await here.stop();
    provider.close();
  });

  /** Replaces every process by one with these keys. */
  async function roll(env: Record<string, string>): Promise<void> {
    const before = replicas;
    const port = String(await freePort());
    replicas = await Promise.all([
      here.startReplica('auth', env),
      here.startReplica('config', env),
      here.startReplica('gateway', { ...env, PORT: port }),
    ]);
    gateway = `http://127.0.0.1:${port}`;
    for (const replica of before) await replica.stop();
  }

  async function signIn(): Promise<string> {
    const response = await fetch(`${gateway}/api/v1/auths/signin`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ann@example.com', password: PASSWORD }),
    });
    return ((await response.json()) as { token: string }).token;
  }

  const get = (path: string, token: string): Promise<Response> =>
    fetch(`${gateway}${path}`, { headers: { authorization: `Bearer ${token}` } });

  async function listModels(token: string): Promise<string[]> {
    const response = await get('/api/models?refresh=true', token);
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  }

  /** Requests of someone who is signed in, one after another, until the returned function is called. */
  function keepAsking(token: string): () => Promise<void> {
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        const at = gateway;
        requests += 1;
        const problem = await get('/api/v1/auths/', token).then(
          async (response) => (response.ok ? undefined : `${response.status} ${await response.text()}`),
          String,
        );
        // A balancer would have asked another gateway.
        if (problem !== undefined && at === gateway) failures.push(problem);
      }
    })();
    return async () => {
      isOver = true;
      await asking;
    };
  }

  const rotate = async (env: Record<string, string>, ...options: string[]) => {
    const { code, stdout, stderr } = await here.inside(['keys', 'rotate', ...options, '--json'], env);
    return { code, count: (stdout === '' ? undefined : JSON.parse(stdout)) as Count | undefined, stderr };
  };

  const stored = async (env: Record<string, string>): Promise<unknown> => {
    const { stdout } = await here.inside(['doctor', '--json'], env);
    const { findings } = JSON.parse(stdout) as { findings: { check: string }[] };
    return findings.find(({ check }) => check === 'stored secrets');
  };

  it('keeps people signed in and keys of providers readable, and fails no request', async () => {
    const before = await signIn();
    const stop = keepAsking(before);
    expect(await listModels(before)).toEqual(['rose']);

    // Services that do not know the next key yet.
    const early = await rotate(keys(NEXT, OLD));
    expect(early).toMatchObject({ code: 1, count: undefined });
    expect(early.stderr).toContain('do not accept SECRET_KEY: config, auth');
    expect(await rotate(keys(OLD), '--check')).toMatchObject({ code: 0, count: { current: 2, second: 0 } });

    await roll(keys(OLD, NEXT));
    // One replica of two was forgotten.
    const forgotten = await here.startReplica('config', { ...keys(OLD), INSTANCE_ID: 'config-2' });
    expect((await rotate(keys(NEXT, OLD))).stderr).toContain('do not accept SECRET_KEY: config.');
    await forgotten.stop();
    await roll(keys(NEXT, OLD));
    const after = await signIn();
    expect([(await get('/api/v1/auths/', before)).status, (await get('/api/v1/auths/', after)).status]).toEqual([
      200, 200,
    ]);
    expect(await listModels(before)).toEqual(['rose']);

    expect(await rotate(keys(NEXT, OLD), '--check')).toMatchObject({ code: 1, count: { current: 0, second: 2 } });
    expect(await stored(keys(NEXT, OLD))).toMatchObject({
      level: 'warning',
      remedy: 'Run `perennial keys rotate` once every process has this SECRET_KEY.',
    });
    const wrong = await rotate(keys(NEXT, THIRD));
    expect(wrong).toMatchObject({ code: 1, count: { rotated: 0, unreadable: 2 } });
    const process = () => here.run(['keys', 'rotate', '--json'], '', keys(NEXT, OLD));
    const both = await Promise.all([process(), process()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.reduce((sum, { stdout }) => sum + (JSON.parse(stdout) as Count).rotated, 0)).toBe(2);
    expect(await rotate(keys(NEXT), '--check')).toMatchObject({ code: 0, count: { current: 2, unreadable: 0 } });
    expect(await stored(keys(NEXT, OLD))).toMatchObject({
      level: 'warning',
      found: 'SECRET_KEY opens all 2, and none needs SECRET_KEY_SECOND',
    });
    expect(await listModels(before)).toEqual(['rose']);
    await stop();

    // Sessions of the old key end with it, and nothing else does.
    await roll(keys(NEXT));
    expect([(await get('/api/v1/auths/', before)).status, (await get('/api/v1/auths/', after)).status]).toEqual([
      401, 200,
    ]);
    expect(await listModels(after)).toEqual(['rose']);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(50);
  }, 120_000);

  it('says what to do when a stored secret is under neither key, without a secret', async () => {
    const { stdout, stderr, code } = await here.inside(['keys', 'rotate', '--check'], keys(THIRD, OLD));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(
      '2 are under neither key in force. Give the key under which they were stored as SECRET_KEY_SECOND',
    );
    expect(stdout).not.toMatch(new RegExp(`${THIRD}|${OLD}|${PROVIDER_KEY}`));
    expect(await stored(keys(THIRD))).toMatchObject({
      level: 'failed',
      found: 'no key in force opens 2 of 2 stored keys of providers',
    });
  }, 60_000);
});
