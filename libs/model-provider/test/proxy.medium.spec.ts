import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type Simulator, startSimulator } from '@perennial/provider-simulator';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeProviderPools, createProvider } from '../src';
import { collect, connectionTo, user } from './collect';

/** Real: a proxy that tunnels (CONNECT), and a provider behind it. */
describe('a proxy for outgoing requests', () => {
  let simulator: Simulator;
  let proxy: Server;
  const tunnels: string[] = [];

  beforeAll(async () => {
    simulator = await startSimulator();
    proxy = createServer();
    proxy.on('connect', (request, client) => {
      tunnels.push(request.url ?? '');
      const { hostname, port } = new URL(`http://${request.url}`);
      const upstream = connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    await closeProviderPools();
    tunnels.length = 0;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    proxy.close();
    await simulator.close();
  });

  const answer = () =>
    collect(createProvider(connectionTo(simulator.url, 'openai')), { model: 'sim-t20-r500-x', messages: user('hi') });

  it('is used for answers and lists of models', async () => {
    expect((await answer()).end).toMatchObject({ finishReason: 'stop' });
    expect(tunnels).toEqual([new URL(simulator.url).host]);
    await createProvider(connectionTo(simulator.url, 'openai')).listModels();
    expect(new Set(tunnels)).toEqual(new Set([new URL(simulator.url).host]));
  });

  it('is not used for what NO_PROXY names', async () => {
    vi.stubEnv('NO_PROXY', 'example.com,127.0.0.1');
    expect((await answer()).end).toMatchObject({ finishReason: 'stop' });
    expect(tunnels).toEqual([]);
  });
});
