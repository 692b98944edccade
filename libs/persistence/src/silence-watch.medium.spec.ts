import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { freshDatabase, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/fixtures';

/** A link to Postgres that can go silent in both directions: nothing arrives, and nothing breaks. */
class Link {
  private readonly sockets = new Set<Socket>();
  private isSilent = false;

  private constructor(private readonly server: Server) {}

  static async open(url: string): Promise<{ link: Link; through: string }> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    const link = new Link(server);
    server.on('connection', (near) => link.join(near, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const through = new URL(url);
    through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { link, through: through.href };
  }

  silence(isSilent: boolean): void {
    this.isSilent = isSilent;
    for (const socket of this.sockets) this.follow(socket);
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(near: Socket, far: Socket): void {
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
      this.sockets.add(socket);
      this.follow(socket);
    }
  }

  private follow(socket: Socket): void {
    if (this.isSilent) socket.pause();
    else socket.resume();
  }
}

// Real: Postgres, behind a link that goes silent.
describe('a silent Postgres', () => {
  let link: Link;
  let one: TestDatabase;
  const told: boolean[] = [];

  beforeAll(async () => {
    const opened = await Link.open(await freshDatabase());
    link = opened.link;
    one = await openTestDatabase(opened.through, { poolSize: 3 }, (isSilent) => told.push(isSilent));
  });
  afterAll(async () => {
    await one?.close();
    link?.close();
  });

  it('is noticed while a statement waits, and so is its next answer', async () => {
    link.silence(true);
    const waiting = one.database.query('SELECT 1');
    await waitFor(() => told.length > 0);
    expect(told).toEqual([true]);
    link.silence(false);
    await waitFor(() => told.length > 1);
    expect(told).toEqual([true, false]);
    expect(await waiting).toHaveLength(1);
    told.length = 0;
  });

  it.each([
    ['a single statement takes', 1],
    ['all statements of the pool take', 4],
  ])('is not one in which %s long', async (_, count) => {
    await Promise.all(Array.from({ length: count }, () => one.database.query('SELECT pg_sleep(1.6)')));
    expect(told).toEqual([]);
  });

  it('is noticed while all connections of the pool are busy', async () => {
    const waiting = Array.from({ length: 3 }, () => one.database.query('SELECT pg_sleep(0.1)'));
    link.silence(true);
    await waitFor(() => told.length > 0);
    link.silence(false);
    await Promise.all(waiting);
    await waitFor(() => told.length > 1);
    expect(told).toEqual([true, false]);
  });
});
