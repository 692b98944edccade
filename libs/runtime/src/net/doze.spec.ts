import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Doze } from './doze';

const slept = (): { doze: Doze; times: number[] } => {
  const times: number[] = [];
  return { doze: new Doze((ms) => times.push(ms)), times };
};

/** Reads for a little longer than the window that is judged. */
async function readFor(doze: Doze, ms: number, pauseMs: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    doze.read();
    await sleep(pauseMs);
  }
}

describe('a reader of many streams', () => {
  it('sleeps between the turns in which it reads, once a turn', async () => {
    const { doze, times } = slept();
    for (let i = 0; i < 200; i += 1) doze.read();
    await sleep(110);
    doze.read();
    await turn();
    const before = times.length;
    for (let i = 0; i < 10; i += 1) doze.read();
    await turn();
    expect({ more: times.length - before, each: times.at(-1) }).toEqual({ more: 1, each: 5 });
  });

  it('does not sleep when there is little to read, nor after a long pause', async () => {
    const { doze, times } = slept();
    await readFor(doze, 250, 20);
    expect(times).toEqual([]);
    for (let i = 0; i < 50; i += 1) doze.read();
    await sleep(400);
    doze.read();
    await turn();
    expect(times).toEqual([]);
  });

  it('is awake again when its streams have fallen silent', async () => {
    const { doze, times } = slept();
    for (let i = 0; i < 200; i += 1) doze.read();
    await sleep(110);
    doze.read();
    await turn();
    await sleep(150);
    times.length = 0;
    doze.read();
    await turn();
    expect(times).toEqual([]);
  });

  it('really waits', async () => {
    const doze = new Doze();
    for (let i = 0; i < 200; i += 1) doze.read();
    await sleep(110);
    const from = performance.now();
    doze.read();
    await turn();
    await turn();
    expect(performance.now() - from).toBeGreaterThanOrEqual(4);
  });
});
