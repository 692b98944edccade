import { EventEmitter } from 'node:events';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { LiveSocket } from './live-socket';

/** A minimal socket; the test decides whether it accepts writes. */
function fakeSocket() {
  const state = { written: [] as string[], destroyed: false };
  const transport = { writable: true };
  const kernel = Object.assign(new EventEmitter(), {
    writableNeedDrain: false,
    destroy: () => (state.destroyed = true),
  });
  const conn = {
    transport,
    write: (packet: string) => state.written.push(packet),
    request: { socket: kernel },
  };
  return { state, transport, kernel, socket: { conn, handshake: { auth: {} } } as unknown as Socket };
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

  it('that is slow keeps a writer that can wait waiting, and calls it once when it has read', () => {
    const { kernel, socket } = fakeSocket();
    const live = new LiveSocket(socket, 10);
    let drained = 0;
    live.onDrained = () => (drained += 1);
    expect(live.write(packet)).toBe(true);
    kernel.writableNeedDrain = true;
    expect([live.write(packet), live.write(packet)]).toEqual([false, false]);
    kernel.writableNeedDrain = false;
    kernel.emit('drain');
    kernel.emit('drain');
    expect([drained, live.write(packet)]).toEqual([1, true]);
  });

  it('may send a limited number of events', () => {
    const live = new LiveSocket(fakeSocket().socket, 10);
    const accepted = Array.from({ length: 300 }, () => live.mayEmit(1_000)).filter(Boolean);
    expect(accepted).toHaveLength(200);
    expect(live.mayEmit(20_000)).toBe(true);
  });
});
