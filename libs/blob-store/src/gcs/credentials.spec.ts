import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { MachineCredentials } from './credentials';

afterEach(() => void vi.useRealTimers());

it('tokens of the machine are asked for once by all who wait, and are used to their end while its server is away', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end(JSON.stringify({ access_token: `token ${asked}`, expires_in: 30 }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const machine = new MachineCredentials(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const all = await Promise.all([1, 2, 3].map(() => machine.authorization()));
  expect({ all: new Set(all), asked }).toEqual({ all: new Set(['Bearer token 1']), asked: 1 });
  // It ends soon, so each request asks for the next one.
  expect(await machine.authorization()).toBe('Bearer token 2');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await machine.authorization()).toBe('Bearer token 2');
  vi.setSystemTime(Date.now() + 31_000);
  await expect(machine.authorization()).rejects.toThrow(/GOOGLE_APPLICATION_CREDENTIALS_JSON/);
});
