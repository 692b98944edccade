import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, addUsers, signUpAdmin } from '@perennial/e2e/support/accounts';
import { http } from '@perennial/e2e/support/http';
import type { ReaderEvent } from '@perennial/e2e/support/reader-event';
import { SocketReader } from '@perennial/e2e/support/socket-reader';
import { readRun } from '@perennial/e2e/support/sse-reader';
import { SteadyLoad } from '@perennial/e2e/support/steady-load';
import { newTurn, sendTurn } from '@perennial/e2e/support/turn';
import { launchSystem, type RunningSystem } from '@perennial/launcher';
import { expectedText, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { missingServer } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longForm } from '../long-form';
import { BALANCERS, type LoadBalancer, startBalancer } from './load-balancer';

const TOKENS = 480;
const MODEL = `sim-t${TOKENS}-r30-x`;
/** Streams through each balancer. */
const STREAMS = longForm ? 100 : 20;
const USERS = 10;

/** Those that are no package of Debian, or not of this age. */
const LONG = ['Caddy', 'Envoy'];
const names = Object.keys(BALANCERS).filter((name) => longForm || !LONG.includes(name));
const missing = new Map<string, string>();
for (const name of names) {
  const why = await missingServer(`two gateways behind ${name}`, BALANCERS[name]!.program);
  if (why !== undefined) missing.set(name, why);
}

/** One answer, as a reader behind the balancer saw it. */
interface Reading {
  prompt: string;
  events: ReaderEvent[];
}

interface Seen {
  readings: Reading[];
  /** Requests while a gateway was stopped with SIGTERM, and while the other one was killed. */
  stopped: { answered: number; failed: string[] };
  killed: { answered: number; failed: string[] };
  /** Whether a socket that was opened before is signed in after both. */
  socketLives: boolean;
}

/** SIGTERM of one gateway, then `kill -9` of the other, under streams and requests, through all balancers at once. */
describe('two gateways behind a load balancer, without sticky sessions', () => {
  const dir = mkdtempSync(join(tmpdir(), 'perennial-balancers-'));
  const balancers = new Map<string, LoadBalancer>();
  const seen = new Map<string, Seen>();
  let simulator: Simulator;
  let system: RunningSystem;
  let users: Account[];
  let stopExit: unknown;

  beforeAll(async () => {
    if (missing.size === names.length) return;
    // The certificate is self-signed, and each of these clients has its own agent.
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    simulator = await startSimulator({ port: 0, models: [MODEL] });
    system = await launchSystem({
      scale: { gateway: 2, chat: 2 },
      env: {
        OPENAI_API_BASE_URLS: `${simulator.url}/v1`,
        OPENAI_API_KEYS: 'simulated',
        TRUSTED_PROXIES: '127.0.0.1',
        MAX_RUNS_PER_USER: String(STREAMS),
      },
    });
    const admin = await signUpAdmin(system.baseUrl);
    users = await addUsers(system.baseUrl, admin, USERS);
    for (const name of names) {
      if (!missing.has(name)) balancers.set(name, await startBalancer(name, join(dir, name), system.gateways));
    }
    const sessions = await Promise.all([...balancers].map(([name, { url }]) => under(name, url, users)));
    await sleep(1_000);
    const stopping = system.process('gateway', 2);
    const exited = stopping.exited;
    stopping.signal('SIGTERM');
    stopExit = await exited;
    await system.ready('gateway', 2);
    await sleep(2_000);
    for (const session of sessions) await session.between();
    await system.kill('gateway', 1);
    await system.ready('gateway', 1);
    for (const session of sessions) seen.set(session.name, await session.end());
  }, 150_000);

  afterAll(async () => {
    for (const { process } of balancers.values()) await process.stop();
    await system?.stop();
    await simulator?.close();
    rmSync(dir, { recursive: true, force: true });
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  });

  describe.each(names)('%s', (name) => {
    it.skipIf(missing.has(name))('every stream is gapless and ends once', () => {
      const { readings } = seen.get(name)!;
      expect(readings).toHaveLength(STREAMS);
      for (const { prompt, events } of readings) {
        const text = events.map((event) => (event.kind === 'delta' ? event.text : '')).join('');
        expect([prompt, text === expectedText(MODEL, prompt, TOKENS)]).toEqual([prompt, true]);
        expect(events.filter(({ kind }) => kind === 'end')).toHaveLength(1);
        expect(events.filter(({ kind }) => kind === 'reset')).toEqual([]);
      }
    });

    it.skipIf(missing.has(name))('no request fails while a gateway leaves after SIGTERM', () => {
      const { stopped } = seen.get(name)!;
      expect(stopExit).toMatchObject({ code: 0 });
      expect(stopped.failed).toEqual([]);
      expect(stopped.answered).toBeGreaterThan(200);
    });

    it.skipIf(missing.has(name))('requests are answered again after a kill, and sockets come back', () => {
      const { killed, socketLives } = seen.get(name)!;
      console.log(`${name}: ${killed.answered} answered, ${killed.failed.length} failed around a kill -9`);
      // Those that the killed gateway had in hand; a client repeats them.
      expect(killed.failed.length, killed.failed.slice(0, 10).join('\n')).toBeLessThan(killed.answered / 20);
      expect(socketLives).toBe(true);
    });

    it.skipIf(missing.has(name))(
      'the gateway knows that the client came by TLS, and hears no path from the client',
      async () => {
        const { url } = balancers.get(name)!;
        const reply = await http('POST', `${url}/api/v1/auths/signin`, {
          headers: { 'x-forwarded-prefix': '/elsewhere' },
          body: { email: 'user0@example.com', password: 'correct horse battery staple' },
        });
        expect(reply.status).toBe(200);
        expect(String(reply.headers['set-cookie'])).toContain('__Host-token');
      },
    );
  });
});

/** Streams, requests and a socket through one balancer. */
async function under(name: string, url: string, users: readonly Account[]) {
  const socket = new SocketReader(url, users[0]!.token, { rejectUnauthorized: false });
  await socket.connected();
  const readings: Reading[] = [];
  const reading = Promise.all(
    Array.from({ length: STREAMS }, async (_, index) => {
      const user = users[index % users.length]!;
      const prompt = `${name} ${index}`;
      const events: ReaderEvent[] = [];
      readings.push({ prompt, events });
      const { runId } = await sendTurn(url, user, newTurn(MODEL, prompt, 'balanced'));
      await readRun(url, user.token, runId, (event) => events.push(event), AbortSignal.timeout(90_000));
    }),
  );
  let load = new SteadyLoad(url, users[1]!.token);
  let stopped = { answered: 0, failed: [] as string[] };
  return {
    name,
    between: async () => {
      stopped = await load.end();
      load = new SteadyLoad(url, users[1]!.token);
    },
    end: async (): Promise<Seen> => {
      await reading;
      const killed = await load.end();
      const socketLives = (await socket.identity(users[0]!.token)) !== null;
      socket.close();
      return { readings, stopped, killed, socketLives };
    },
  };
}
