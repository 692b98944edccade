import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { attack, type Find, type Tally } from './attack';
import { beBystander, type Sample } from './bystander';
import { faultsOf, type Figures } from './judge';
import { Plan } from './plan';
import { slowestMs } from './report';
import { fuzzedRoutes } from './routes';

const IDS = { known: ['7e46a2ed-1dc3-4221-a341-a370ad0fe576'], urls: ['http://127.0.0.1:9'], models: ['m'] };
const FINE: Figures = {
  requests: 100,
  status_500: 0,
  deaths: 0,
  amplified: 0,
  slowest_bystander_ms: 900,
  calm_slowest_ms: 20,
};

/** Every judge is shown a product with the fault that it must find. */
describe('the judges', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const serve = async (answer: (path: string, reply: ServerResponse) => void): Promise<string> => {
    server = createServer((request, reply) => {
      request.resume();
      request.on('end', () => answer(request.url ?? '', reply));
      request.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const attacked = async (answer: (path: string, reply: ServerResponse) => void): Promise<[Tally, Find[]]> => {
    const baseUrl = await serve(answer);
    const finds: Find[] = [];
    const tally = await attack({
      target: { baseUrl, credentials: () => ({}), filled: (text) => text, renew: () => Promise.resolve() },
      plan: new Plan(1, fuzzedRoutes(), IDS),
      from: 0,
      requests: 60,
      seconds: 0,
      atOnce: 4,
      halfSent: 0,
      onFind: (find) => finds.push(find),
    });
    return [tally, finds];
  };

  it('accept a product that refuses correctly', async () => {
    const [tally, finds] = await attacked((_, reply) => reply.writeHead(422).end('{"detail":"no"}'));
    expect(finds).toEqual([]);
    expect(tally).toMatchObject({ unexpected: 0, amplified: 0 });
    expect(tally.requests).toBeGreaterThanOrEqual(60);
    expect(faultsOf(FINE, 100, 0)).toEqual([]);
  });

  it('find a 500, and name its request', async () => {
    const [tally, finds] = await attacked((path, reply) =>
      reply.writeHead(path.startsWith('/api/v1/auths/signin') ? 500 : 200).end('{}'),
    );
    expect(tally.unexpected).toBeGreaterThan(0);
    expect(finds[0]).toMatchObject({ kind: '500', name: expect.stringContaining('/api/v1/auths/signin') as string });
    expect(faultsOf({ ...FINE, status_500: tally.unexpected }, 100, 0)).toEqual([
      `${tally.unexpected} answers were 500`,
    ]);
  });

  it('find a refusal of more than a megabyte, and accept a long reply with 200', async () => {
    const long = Buffer.alloc(1_048_577, 'x');
    const [refused, finds] = await attacked((_, reply) => reply.writeHead(422).end(long));
    expect(refused.amplified).toBeGreaterThan(0);
    expect(finds[0]?.kind).toBe('amplified');
    expect(faultsOf({ ...FINE, amplified: 1 }, 100, 0)).toEqual(['1 refusals had more than 1 MiB']);
    const [answered] = await attacked((_, reply) => reply.writeHead(200).end(long));
    expect(answered.amplified).toBe(0);
  });

  it('find a bystander who waits, and one who is refused', async () => {
    const baseUrl = await serve((path, reply) => {
      if (path === '/slow') setTimeout(() => reply.end('{}'), 300);
      else reply.writeHead(path === '/busy' ? 503 : 200).end('{}');
    });
    const samples: Sample[] = [];
    const enough = new AbortController();
    const watching = beBystander({ baseUrl, token: 't', paths: ['/slow', '/busy', '/'] }, enough.signal, (sample) => {
      samples.push(sample);
      if (samples.length === 6) enough.abort();
    });
    await watching;
    expect(slowestMs(samples)).toBeGreaterThanOrEqual(299);
    expect(new Set(samples.map(({ what, status }) => `${what} ${status}`))).toEqual(
      new Set(['/slow 200', '/busy 503', '/ 200']),
    );
    expect(faultsOf({ ...FINE, slowest_bystander_ms: 1_001 }, 100, 0)).toEqual([
      'a bystander waited 1001 ms, in calm 20 ms at most',
    ]);
    expect(faultsOf({ ...FINE, slowest_bystander_ms: 3_000, calm_slowest_ms: 300 }, 100, 0)).toEqual([]);
    expect(faultsOf(FINE, 100, 3)).toEqual(['3 requests of the bystander failed']);
  });

  it('find a connection that is never answered', async () => {
    const baseUrl = await serve((_, reply) => void sleep(50).then(() => reply.destroy()));
    const samples: Sample[] = [];
    const enough = new AbortController();
    await beBystander({ baseUrl, token: 't', paths: ['/'] }, enough.signal, (sample) => {
      samples.push(sample);
      enough.abort();
    });
    expect(samples[0]?.status).toBe(0);
  });

  it('find a process that died, and requests that were not sent', () => {
    expect(faultsOf({ ...FINE, deaths: 2 }, 101, 0)).toEqual(['100 of 101 requests were sent', '2 processes died']);
  });
});
