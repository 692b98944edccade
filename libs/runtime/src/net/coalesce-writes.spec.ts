import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { coalesceWrites, type Coalescing } from './coalesce-writes';

describe('writes that are joined', () => {
  const server = createServer();
  const opened: Socket[] = [];
  const pair = async (until: Coalescing): Promise<{ near: Socket; far: Socket; writes: () => number }> => {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
    const accepted = once(server, 'connection');
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(near, 'connect');
    const [far] = (await accepted) as [Socket];
    opened.push(near, far);
    const single = vi.spyOn(near, '_write');
    const joined = vi.spyOn(near, '_writev' as '_write');
    coalesceWrites(near, until);
    return { near, far, writes: () => single.mock.calls.length + joined.mock.calls.length };
  };
  const heard = async (far: Socket, length: number): Promise<string> => {
    let text = '';
    while (text.length < length) text += String((await once(far, 'data'))[0]);
    return text;
  };
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
    server.close();
  });

  it('of one callback and its microtasks are sent in order', async () => {
    const { near, far, writes } = await pair('callback');
    near.write('a');
    near.write(Buffer.from('b'));
    await Promise.resolve();
    near.write('c');
    expect(await heard(far, 3)).toBe('abc');
    expect(writes()).toBe(1);
    near.write('d');
    expect(await heard(far, 1)).toBe('d');
  });

  it('of one turn of the event loop are sent together', async () => {
    const { near, far, writes } = await pair('turn');
    near.write('a');
    process.nextTick(() => process.nextTick(() => near.write('b')));
    expect(await heard(far, 2)).toBe('ab');
    expect(writes()).toBe(1);
  });

  it('are sent before an end', async () => {
    const { near, far } = await pair('turn');
    near.write('a');
    near.end('b');
    expect(await heard(far, 2)).toBe('ab');
  });
});
