import { describe, expect, it } from 'vitest';
import { ReadQueue } from './read-queue';

const MEGABYTE = 1024 * 1024;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function queue() {
  const seen = { bytes: 0, paused: 0, resumed: 0, order: '' };
  const reads = new ReadQueue({
    take: (bytes) => {
      seen.bytes += bytes.length;
      seen.order += bytes.toString('latin1', 0, 1);
    },
    pause: () => void (seen.paused += 1),
    resume: () => void (seen.resumed += 1),
  });
  return { seen, reads };
}

describe('a burst of a provider', () => {
  it('is decoded in parts, yielding to the event loop in between', async () => {
    const { seen, reads } = queue();
    reads.push(Buffer.alloc(2 * MEGABYTE, 'a'));
    reads.push(Buffer.from('b'));
    let ended = false;
    reads.whenEmpty(() => (ended = true));
    expect(seen.bytes).toBeLessThan(MEGABYTE);
    expect(seen).toMatchObject({ paused: 1, resumed: 0 });
    let turns = 0;
    for (; !ended; turns++) await turn();
    expect(turns).toBeGreaterThan(4);
    expect(seen.bytes).toBe(2 * MEGABYTE + 1);
    expect(seen.order).toMatch(/^a+b$/);
    expect(seen.resumed).toBe(1);
  });

  it('takes no longer per turn with many answers, and each answer gets its turn', async () => {
    const all = Array.from({ length: 100 }, () => queue());
    for (const { reads } of all) reads.push(Buffer.alloc(MEGABYTE / 4, 'a'));
    const sum = () => all.reduce((bytes, { seen }) => bytes + seen.bytes, 0);
    expect(sum()).toBeLessThan(MEGABYTE / 2);
    await turn();
    const late = queue();
    late.reads.push(Buffer.from('b'));
    let [most, before, mostOfOne] = [0, 0, 0];
    while (sum() < 100 * (MEGABYTE / 4)) {
      most = Math.max(most, sum() - before);
      before = sum();
      if (late.seen.bytes === 0) mostOfOne = Math.max(...all.map(({ seen }) => seen.bytes));
      await turn();
    }
    expect(most).toBeLessThan(MEGABYTE / 2);
    expect(late.seen).toMatchObject({ bytes: 1, paused: 1, resumed: 1 });
    // It waited for one slice of each answer before it.
    expect(mostOfOne).toBeLessThanOrEqual(MEGABYTE / 8);
    await turn();
  });

  it('is decoded at once if it is small', () => {
    const { seen, reads } = queue();
    for (let count = 0; count < 10; count++) reads.push(Buffer.from('a'));
    let ended = false;
    reads.whenEmpty(() => (ended = true));
    expect(seen).toMatchObject({ bytes: 10, paused: 0 });
    expect(ended).toBe(true);
  });

  it('is dropped when its answer is cancelled, and the sender is resumed', async () => {
    const { seen, reads } = queue();
    reads.push(Buffer.alloc(2 * MEGABYTE));
    const { bytes } = seen;
    reads.clear();
    await turn();
    await turn();
    expect(seen).toMatchObject({ bytes, resumed: 1 });
  });
});
