import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { LiveSocket } from './live-socket';
import { textPacket } from './packets';

/** A minimal socket; the test decides whether it accepts writes. */
function fakeSocket() {
  const state = { written: [] as string[], destroyed: false };
  const transport = { writable: true };
  const conn = {
    transport,
    write: (packet: string) => state.written.push(packet),
    request: { socket: { destroy: () => (state.destroyed = true) } },
  };
  return { state, transport, socket: { conn, handshake: { auth: {} } } as unknown as Socket };
}

const packet = { message: '12345678', frame: Buffer.from('12345678') };

describe('one socket', () => {
  it('that reads is never disconnected', () => {
    const { state, socket } = fakeSocket();
    const live = new LiveSocket(socket, 10);
    for (let index = 0; index < 100; index += 1) live.send(packet);
    expect(state).toMatchObject({ destroyed: false });
    expect(state.written).toHaveLength(100);
  });

  it('that does not read is disconnected at its limit, so that its page reconnects', () => {
    const { state, socket, transport } = fakeSocket();
    const live = new LiveSocket(socket, 20);
    transport.writable = false;
    live.send(packet);
    live.send(packet);
    expect(state.destroyed).toBe(false);
    live.send(packet);
    expect(state).toEqual({ written: ['12345678', '12345678'], destroyed: true });
  });

  it('that is slow keeps a writer that can wait waiting, and calls it when it has read: on a real connection', async () => {
    const http = createServer();
    const server = new Server(http, { transports: ['websocket'] });
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const page = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] });
    const live = new LiveSocket(await accepted, 64);
    const drained = new Promise<boolean>((resolve) => (live.onDrained = () => resolve(true)));
    const { transport } = page.io.engine as unknown as {
      transport: { ws: { _socket: Socket['conn']['request']['socket'] } };
    };
    const line = transport.ws._socket;
    line.pause();
    // Each is less than what makes Node's own stream ask for a pause.
    const piece = textPacket(1, '1.1.1', 'x'.repeat(1_000));
    let pieces = 0;
    while (pieces < 30_000 && live.write(piece)) {
      pieces += 1;
      await turn();
    }
    const { conn } = live.socket as unknown as { conn: { writeBuffer: unknown[]; request: Socket['conn']['request'] } };
    expect(pieces).toBeLessThan(30_000);
    expect([live.isSlow, live.write(piece)]).toEqual([true, false]);
    expect(conn.writeBuffer.length).toBeLessThan(40);
    line.resume();
    expect(await drained).toBe(true);
    expect([live.isSlow, live.write(piece)]).toEqual([false, true]);
    page.close();
    await server.close();
  });

  it('may send a limited number of events', () => {
    const live = new LiveSocket(fakeSocket().socket, 10);
    const accepted = Array.from({ length: 300 }, () => live.mayEmit(1_000)).filter(Boolean);
    expect(accepted).toHaveLength(200);
    expect(live.mayEmit(20_000)).toBe(true);
  });
});
