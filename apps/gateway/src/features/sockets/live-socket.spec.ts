import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { LiveSocket } from './live-socket';

/** A minimal socket; the test decides whether it accepts writes. */
function fakeSocket() {
  const state = { written: [] as string[], destroyed: false };
  const transport = { writable: true };
  const conn = {
    transport,
    write: (packet: string) => state.written.push(packet),
    request: { socket: { destroy: () => (state.destroyed = true) } },
  };
  return { state, transport, socket: { conn } as unknown as Socket };
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

  it('may send a limited number of events', () => {
    const live = new LiveSocket(fakeSocket().socket, 10);
    const accepted = Array.from({ length: 300 }, () => live.mayEmit(1_000)).filter(Boolean);
    expect(accepted).toHaveLength(200);
    expect(live.mayEmit(20_000)).toBe(true);
  });
});
