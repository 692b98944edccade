import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { isUnreachable } from './errors';

it('a server that accepts a connection and does not answer in time is unreachable', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new Client({ host: '127.0.0.1', port, connectionTimeoutMillis: 20 });
  client.on('error', () => undefined);
  const error: unknown = await client.connect().catch((cause: unknown) => cause);
  server.close();
  expect(error).toMatchObject({ message: 'timeout expired' });
  expect(isUnreachable(error)).toBe(true);
});
