import { randomUUID } from 'node:crypto';
import { models } from '@perennial/contracts-config';
import { CallError } from '@perennial/contracts-kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { frame, handshake, head, RawConnection } from '../../test/raw-connection';
import { AdmissionControl } from './admission-control';

/** Between SIGTERM and the drain load balancers still send requests, and none may fail. */
describe('a leaving gateway', () => {
  let edge: Edge;
  let port: number;
  const start = async (): Promise<void> => {
    edge = await startEdge();
    await edge.app.listen(0, '127.0.0.1');
    port = Number(new URL(await edge.app.getUrl()).port);
  };
  beforeAll(start);
  afterAll(() => edge.close());

  const openSocket = async (): Promise<RawConnection> => {
    const connection = new RawConnection(port).send(handshake());
    await vi.waitFor(() => expect(connection.received).toContain('"upgrades"'), 10_000);
    connection.send(frame('40'));
    await vi.waitFor(() => expect(connection.received).toContain('40{"sid"'), 10_000);
    return connection;
  };

  /** A run of the user, of which nothing comes. */
  const runOf = (userId: string): string => {
    const runId = randomUUID();
    const position = { epoch: 1, generation: 1, offset: 0 };
    edge.subscriber.snapshot = () =>
      Promise.resolve({ identity: { runId, userId, model: 'm' }, position, text: '', isCurrent: true });
    edge.subscriber.follow = () =>
      Promise.resolve(Object.assign(() => undefined, { pause: () => undefined, resume: () => undefined }));
    return runId;
  };

  it('still serves, closes connections after each reply, and disconnects sockets one by one', async () => {
    const sockets = await Promise.all([openSocket(), openSocket(), openSocket()]);
    const kept = new RawConnection(port).send(head('GET /health'));
    await vi.waitFor(() => expect(kept.received).toMatch(/connection: keep-alive/i), 10_000);
    const { user, headers } = edge.account('user');
    const reader = new RawConnection(port).send(head(`GET /api/v1/runs/${runOf(user.id)}/events`, headers));
    await vi.waitFor(() => expect(reader.received).toContain('text/event-stream'), 10_000);
    edge.runtime.drain.leave();
    expect((await edge.app.inject({ method: 'GET', url: '/ready' })).statusCode).toBe(503);
    await edge.runtime.drain.run('leave', performance.now() + 200);
    kept.send(head('GET /api/v1/tools/', edge.account('user').headers));
    await kept.closed;
    expect(kept.received).toMatch(/HTTP\/1\.1 200 [^]*HTTP\/1\.1 200 [^]*connection: close/i);
    // The end of a stream closes no connection: the reader's next request may be on it already.
    await vi.waitFor(() => expect(reader.received).toMatch(/\r\n0\r\n\r\n$/), 10_000);
    reader.send(head('GET /api/v1/tools/', headers));
    await reader.closed;
    expect(reader.received).toMatch(/HTTP\/1\.1 200 [^]*HTTP\/1\.1 200 [^]*connection: close/i);
    // A close frame of the server; a browser then reconnects.
    for (const socket of sockets) await vi.waitFor(() => expect(socket.received).toContain('\x88'), 10_000);
    // The balancer may not have noticed yet: a new client is still served, and disconnected by the drain.
    const late = await openSocket();
    expect(late.isOpen).toBe(true);
    for (const socket of [...sockets, late]) socket.reset();
  });

  it('ends the stream of a reader whose run was being looked up when the streams were ended', async () => {
    const { user, headers } = edge.account('user');
    const order: string[] = [];
    const close = vi.spyOn(edge.subscriber, 'close').mockImplementation(async () => void order.push('closed'));
    const path = `/api/v1/runs/${runOf(user.id)}/events`;
    const found = edge.subscriber.snapshot;
    let find: () => void = () => undefined;
    edge.subscriber.snapshot = async (runId) => {
      await new Promise<void>((resolve) => (find = resolve));
      return found(runId);
    };
    // As if Redis were closed already.
    edge.subscriber.follow = async () => {
      await vi.waitFor(() => expect(order).toContain('closed'), 1_000);
      throw new CallError('UNAVAILABLE', 'closed');
    };
    const reader = new RawConnection(port).send(head(`GET ${path}`, headers));
    await vi.waitFor(() => expect(find).not.toBe(undefined), 10_000);
    await vi.waitFor(() => expect(edge.app.get(AdmissionControl).isIdle).toBe(false), 10_000);
    await edge.runtime.drain.run('leave', performance.now() + 100);
    const work = edge.runtime.drain.run('work', performance.now() + 10_000);
    setTimeout(() => find(), 60);
    await work;
    await reader.closed;
    expect(reader.received).toMatch(/^HTTP\/1\.1 200 [^]*text\/event-stream/);
    close.mockRestore();
  });

  it('waits for requests in progress before it closes their connections', async () => {
    const order: string[] = [];
    let finish: () => void = () => undefined;
    const close = vi
      .spyOn(edge.subscriber, 'close')
      .mockImplementation(async () => void order.push('subscriber closed'));
    edge.rpc.on(models.list, async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      order.push('answered');
      throw new CallError('UNAVAILABLE', 'gone');
    });
    const asked = fetch(`http://127.0.0.1:${port}/api/models`, edge.account('user'));
    await vi.waitFor(() => expect(edge.rpc.commands).toContain(models.list.pattern), 10_000);
    edge.runtime.drain.begin();
    const work = edge.runtime.drain.run('work', performance.now() + 10_000);
    setTimeout(() => finish(), 60);
    await work;
    expect((await asked).status).toBe(503);
    expect(order).toEqual(['answered', 'subscriber closed']);
    close.mockRestore();
  });

  it('answers the next request of a reader whose stream has just ended, and then closes what is idle', async () => {
    // The streams must begin before it is told to end.
    await edge.close();
    await start();
    const { user, headers } = edge.account('user');
    const order: string[] = [];
    const close = vi.spyOn(edge.subscriber, 'close').mockImplementation(async () => void order.push('closed'));
    const path = `/api/v1/runs/${runOf(user.id)}/events`;
    const [reader, idle] = [new RawConnection(port), new RawConnection(port)].map((connection) =>
      connection.send(head(`GET ${path}`, headers)),
    ) as [RawConnection, RawConnection];
    for (const connection of [reader, idle])
      await vi.waitFor(() => expect(connection.received).toContain('text/event-stream'), 10_000);
    edge.runtime.drain.leave();
    await edge.runtime.drain.run('leave', performance.now() + 10);
    for (const connection of [reader, idle])
      await vi.waitFor(() => expect(connection.received).toMatch(/\r\n0\r\n\r\n$/), 10_000);
    const work = edge.runtime.drain.run('work', performance.now() + 10_000);
    setTimeout(() => reader.send(head('GET /api/v1/tools/', headers)), 300);
    await reader.closed;
    expect(reader.received).toMatch(/HTTP\/1\.1 200 [^]*HTTP\/1\.1 200 [^]*connection: close/i);
    expect([order, idle.isOpen]).toEqual([[], true]);
    await Promise.all([work, idle.closed]);
    expect(order).toEqual(['closed']);
    close.mockRestore();
  });
});
