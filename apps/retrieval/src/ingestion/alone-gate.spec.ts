import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AloneGate } from './alone-gate';

describe('work that is to be alone', () => {
  it('waits for what runs, runs by itself, and lets nothing pass it', async () => {
    const gate = new AloneGate();
    const seen: string[] = [];
    const ends = new Map<string, () => void>();
    const run = (name: string, alone = false) =>
      gate.run(alone, async () => {
        seen.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
      });
    const end = async (name: string): Promise<void> => {
      ends.get(name)?.();
      await turn();
    };
    const all = [run('a'), run('b'), run('suspect', true), run('c'), run('d')];
    await turn();
    expect(seen).toEqual(['a', 'b']);
    await end('a');
    expect(seen).toEqual(['a', 'b']);
    await end('b');
    expect(seen).toEqual(['a', 'b', 'suspect']);
    await end('suspect');
    expect(seen).toEqual(['a', 'b', 'suspect', 'c', 'd']);
    await end('c');
    await end('d');
    await Promise.all(all);
  });

  it('that fails lets the next one in', async () => {
    const gate = new AloneGate();
    await expect(gate.run(true, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
    expect(await gate.run(true, () => Promise.resolve('next'))).toBe('next');
  });
});
