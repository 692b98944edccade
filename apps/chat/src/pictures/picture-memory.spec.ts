import { CallError } from '@perennial/contracts-kernel';
import { describe, expect, it } from 'vitest';
import { PictureMemory } from './picture-memory';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Work that holds memory until it is told to end. */
function holder(memory: PictureMemory) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const hold = (name: string, userId: string, bytes: number, signal = never): Promise<void> =>
    memory.hold(userId, bytes, signal, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await settled();
  };
  return { begun, hold, end };
}

describe('memory for pictures', () => {
  it('is granted in order; small requests do not overtake large ones', async () => {
    const memory = new PictureMemory(100);
    const { begun, hold, end } = holder(memory);
    const all = [hold('a', 'u1', 70), hold('b', 'u2', 60), hold('c', 'u3', 20)];
    await settled();
    expect([begun, memory.held, memory.waiting]).toEqual([['a'], 70, 2]);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('b');
    await end('c');
    await Promise.all(all);
    expect([memory.held, memory.waiting]).toEqual([0, 0]);
  });

  it('is at most half for one user, whose other answers do not make others wait', async () => {
    const { begun, hold, end } = holder(new PictureMemory(100));
    void hold('a', 'u1', 40);
    void hold('b', 'u1', 40);
    void hold('c', 'u2', 40);
    await settled();
    expect(begun).toEqual(['a', 'c']);
    await end('a');
    expect(begun).toEqual(['a', 'c', 'b']);
  });

  it('is granted to a request larger than the limit once nothing else is held', async () => {
    const { begun, hold, end } = holder(new PictureMemory(100));
    void hold('a', 'u1', 10);
    void hold('b', 'u2', 150);
    await settled();
    expect(begun).toEqual(['a']);
    await end('a');
    expect(begun).toEqual(['a', 'b']);
  });

  it('is not granted to stopped or timed-out requests; others continue', async () => {
    const memory = new PictureMemory(100, 20);
    const { begun, hold } = holder(memory);
    const stop = new AbortController();
    void hold('a', 'u1', 80);
    const stopped = hold('b', 'u2', 100, stop.signal);
    void hold('c', 'u3', 20);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    expect(begun).toEqual(['a', 'c']);
    await expect(hold('d', 'u2', 100, stop.signal)).rejects.toThrow('stopped');
    const refused = await hold('e', 'u2', 100).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CallError);
    expect(refused).toMatchObject({ code: 'UNAVAILABLE' });
    expect([memory.held, memory.waiting]).toEqual([100, 0]);
  });

  it('is released by failed work, and not needed without pictures', async () => {
    const memory = new PictureMemory(100);
    await expect(memory.hold('u', 100, never, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const { begun, hold } = holder(memory);
    void hold('a', 'u1', 100);
    await settled();
    void hold('b', 'u2', 0);
    expect([begun, memory.held]).toEqual([['a', 'b'], 100]);
  });
});
