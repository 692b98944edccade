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

describe('what a provider sends at once', () => {
  it('is decoded in parts, with everything else in between', async () => {
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

  it('is decoded at once when it is little', () => {
    const { seen, reads } = queue();
    for (let count = 0; count < 10; count++) reads.push(Buffer.from('a'));
    let ended = false;
    reads.whenEmpty(() => (ended = true));
    expect(seen).toMatchObject({ bytes: 10, paused: 0 });
    expect(ended).toBe(true);
  });

  it('is dropped when nobody wants it any more, and the sender is let go', async () => {
    const { seen, reads } = queue();
    reads.push(Buffer.alloc(2 * MEGABYTE));
    const { bytes } = seen;
    reads.clear();
    await turn();
    await turn();
    expect(seen).toMatchObject({ bytes, resumed: 1 });
  });
});
