import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, PASSWORD, signUpAdmin } from '@perennial/e2e/support/accounts';
import type { ReaderEvent } from '@perennial/e2e/support/reader-event';
import { readRun } from '@perennial/e2e/support/sse-reader';
import { newTurn, sendTurn } from '@perennial/e2e/support/turn';
import { ROOT, SERVICES } from '@perennial/launcher';
import { waitFor } from '@perennial/local-runtime/servers';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { missingServer } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeBinary, ofOurs, readByCompose, readProject, serviceOf, trustedNetwork } from './compose-binary';
import { composeFile, type ComposeProcesses, startAsProcesses } from './processes';

const folder = join(ROOT, 'deploy/compose');

const missing = await missingServer('Compose files', composeBinary);

describe.skipIf(missing !== undefined)('Compose reads', () => {
  it.each([['compose.yaml'], ['compose.scaled.yaml'], ['compose.scaled.yaml', 'compose.sentinel.yaml']])(
    '%s %s',
    async (...files) => {
      const services = await readByCompose(folder, ...files.filter((file) => file !== undefined));
      expect(new Set(ofOurs(services).map(([, { image }]) => serviceOf(image))).size).toBe(5);
      for (const [name, service] of ofOurs(services)) {
        expect([name, service]).toEqual([
          name,
          expect.objectContaining({ read_only: true, cap_drop: ['ALL'], secrets: expect.any(Array) as unknown }),
        ]);
      }
      for (const [name, { deploy, image }] of Object.entries(services)) {
        if (name === 's3-bucket') continue;
        // Nobody takes the whole machine, and nobody changes by itself.
        expect([name, deploy?.resources?.limits]).toEqual([
          name,
          expect.objectContaining({ memory: expect.any(String) as unknown }),
        ]);
        expect(image).toMatch(/:[\w.-]*\d[\w.-]*$/);
      }
    },
  );

  it.each(['compose.yaml', 'compose.scaled.yaml'])(
    'sentinels beside %s, which every process of ours asks for the primary of the written address',
    async (file) => {
      const home = mkdtempSync(join(tmpdir(), 'perennial-sentinels-'));
      try {
        cpSync(folder, home, { recursive: true });
        writeFileSync(join(home, '.env'), 'REDIS_SENTINEL_HOSTS=sentinel-1,sentinel-2,sentinel-3\n');
        const services = await readByCompose(home, file, 'compose.sentinel.yaml');
        const sentinels = Object.entries(services).filter(([name]) => name.startsWith('sentinel-'));
        // The host of `redis_url` is the primary's name.
        const primaries = sentinels.map(([, { command }]) => /sentinel monitor (\S+)/.exec(String(command))?.[1]);
        expect(primaries).toEqual(['redis', 'redis', 'redis']);
        const names = sentinels.map(([name]) => name).join(',');
        for (const [name, { environment }] of ofOurs(services))
          expect([name, environment]).toEqual([name, expect.objectContaining({ REDIS_SENTINEL_HOSTS: names })]);
      } finally {
        rmSync(home, { recursive: true });
      }
    },
  );

  it('no secret in a variable', async () => {
    const services = await readByCompose(folder, 'compose.scaled.yaml');
    const values = Object.values(services).flatMap(({ environment = {} }) => Object.entries(environment));
    const secret = values.filter(
      ([name]) => /PASSWORD|SECRET|API_KEY|ACCESS_KEY|(?:DATABASE|REDIS)_URL/.test(name) && !name.endsWith('_FILE'),
    );
    expect(secret).toEqual([]);
    expect(values.filter(([name]) => name.endsWith('_FILE')).length).toBeGreaterThan(10);
  });

  it('the gateways behind HAProxy trust the addresses of a network in which nobody else is', async () => {
    const project = await readProject(folder, 'compose.scaled.yaml');
    expect(trustedNetwork(project)).toEqual([{ name: 'edge', services: ['gateway-1', 'gateway-2', 'haproxy'] }]);
    const { haproxy, ...others } = project.services;
    for (const number of [1, 2]) {
      const alias = haproxy?.environment?.[`GATEWAY_${number}`]?.replace(/:8080$/, '');
      expect(others[`gateway-${number}`]?.networks?.['edge']?.aliases).toEqual([alias]);
    }
  });

  it.each(['compose.yaml', 'compose.scaled.yaml'])(
    'the profile observability of %s alone sends traces to its collector',
    async (file) => {
      const endpoints = async (env: NodeJS.ProcessEnv) => {
        const { services } = await readProject(folder, file, env);
        const found = ofOurs(services).map(([, { environment }]) => environment?.['OTEL_EXPORTER_OTLP_ENDPOINT']);
        return { found: [...new Set(found)], collector: services['collector'] !== undefined };
      };
      const traced = await endpoints({ COMPOSE_PROFILES: 'observability' });
      expect(traced).toEqual({ found: ['http://collector:4318'], collector: true });
      expect(await endpoints({ COMPOSE_PROFILES: '' })).toEqual({ found: [''], collector: false });
      const other = { COMPOSE_PROFILES: 'observability', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://tempo:4318' };
      expect((await endpoints(other)).found).toEqual(['http://tempo:4318']);
    },
  );

  it('and refuses a planted error', async () => {
    const planted = mkdtempSync(join(tmpdir(), 'perennial-planted-'));
    try {
      for (const name of ['services.yaml', 'compose.yaml'])
        writeFileSync(join(planted, name), readFileSync(join(folder, name)));
      await readByCompose(planted, 'compose.yaml');
      const wrong = readFileSync(join(folder, 'compose.yaml'), 'utf8').replace('service_healthy', 'service_hearty');
      writeFileSync(join(planted, 'compose.yaml'), wrong);
      await expect(readByCompose(planted, 'compose.yaml')).rejects.toThrow('depends_on');
    } finally {
      rmSync(planted, { recursive: true });
    }
  });
});

describe('make-secrets.sh', () => {
  it('writes files that every container may read into a folder that nobody else may enter, once', () => {
    const home = mkdtempSync(join(tmpdir(), 'perennial-secrets-'));
    try {
      const secrets = join(home, 'secrets');
      const make = (): string => {
        execFileSync(join(folder, 'make-secrets.sh'), [secrets]);
        return readFileSync(join(secrets, 'database_url'), 'utf8') + readFileSync(join(secrets, 'secret_key'), 'utf8');
      };
      const first = make();
      expect(first).toMatch(/^postgres:\/\/perennial:[0-9a-f]{48}@postgres:5432\/perennial\n[0-9a-f]{64}\n$/);
      expect(make()).toBe(first);
      expect((statSync(secrets).mode & 0o777).toString(8)).toBe('700');
      expect((statSync(join(secrets, 'secret_key')).mode & 0o777).toString(8)).toBe('444');
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});

/** Real: everything but the containers. The file says how many processes there are, and what they are told. */
const TOKENS = 120;
const MODEL = `sim-t${TOKENS}-r40-x`;
let simulator: Simulator | undefined;
let running: ComposeProcesses | undefined;
const without = await missingServer('compose.scaled.yaml as processes', async () => {
  simulator = await startSimulator({ port: 0, models: [MODEL] });
  running = await startAsProcesses(composeFile('compose.scaled.yaml'), {
    env: {
      ...{ OPENAI_API_BASE_URLS: `${simulator.url}/v1`, OPENAI_API_KEYS: 'simulated' },
      SHUTDOWN_DELAY_MS: '1500',
    },
  });
});

describe.skipIf(without !== undefined)('compose.scaled.yaml as processes', () => {
  let admin: Account;
  beforeAll(async () => {
    // HAProxy's certificate is self-signed.
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    admin = await signUpAdmin(running!.system.baseUrl);
  });
  afterAll(async () => {
    await running?.stop();
    await simulator?.close();
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  });

  it('a gateway believes what HAProxy says of a client, and not what a stranger in another network says of itself', async () => {
    const { system, url } = running!;
    const signIn = (base: string, localAddress?: string) =>
      new Promise<string>((resolve, reject) => {
        const body = JSON.stringify({ email: 'admin@example.com', password: PASSWORD });
        const claims = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
        const headers = { 'content-type': 'application/json', ...claims };
        const send = base.startsWith('https:') ? https.request : request;
        send(`${base}/api/v1/auths/signin`, { method: 'POST', localAddress, headers }, (reply) => {
          reply.resume();
          resolve(`${reply.statusCode} ${String(reply.headers['set-cookie']).split('=')[0]}`);
        })
          .on('error', reject)
          .end(body);
      });
    expect(await signIn(url)).toBe('200 __Host-token');
    for (const gateway of system.gateways) expect(await signIn(gateway, '127.0.0.2')).toBe('200 token');
  });

  it('two gateways answer, an answer is streamed while one of each service is stopped, and these leave in order', async () => {
    const { system, url } = running!;
    for (const gateway of system.gateways) expect((await fetch(`${gateway}/ready`)).status).toBe(200);
    expect(system.run.map(({ service, instance }) => `${service}-${instance}`)).toEqual(
      SERVICES.flatMap((service) => [`${service}-1`, `${service}-2`]),
    );
    const prompt = 'Which file started you?';
    const { runId } = await sendTurn(url, admin, newTurn(MODEL, prompt, 'composed'));
    const events: ReaderEvent[] = [];
    const reading = readRun(url, admin.token, runId, (event) => events.push(event), AbortSignal.timeout(60_000));
    await waitFor(() => events.some(({ kind }) => kind === 'delta'), { timeoutMs: 20_000, what: 'the first token' });
    const exits = SERVICES.map((service) => {
      const leaving = system.process(service, 2);
      const { exited } = leaving;
      leaving.signal('SIGTERM');
      return exited;
    });
    for (const exit of await Promise.all(exits)) expect(exit).toMatchObject({ code: 0 });
    await reading;
    const text = events.map((event) => (event.kind === 'delta' ? event.text : '')).join('');
    expect(text).toBe(expectedText(MODEL, prompt, TOKENS));
  });
});
