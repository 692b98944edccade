import { describe, expect, it } from 'vitest';
import { describeProgress, Progress } from './progress';

describe('the progress of a long command', () => {
  it.each([
    [
      { label: 'restore', unit: 'B', total: 2e9, done: 1e9, seconds: 100 },
      'restore [##########          ] 50 %  10 MB/s  2 min left',
    ],
    [
      { label: 'restore', unit: 'B', total: 10, done: 12, seconds: 1 },
      'restore [####################] 100 %  12 B/s  0 s left',
    ],
    [{ label: 'restore', unit: 'B', total: 10, done: 0, seconds: 1 }, 'restore [                    ] 0 %  0 B/s'],
    [{ label: 'backup', unit: 'B', done: 1_234_567, seconds: 10 }, 'backup 1.23 MB  123 kB/s'],
    [
      { label: 'import', unit: 'chats', total: 200_000, done: 1_000, seconds: 100 },
      'import [                    ] 0 %  10 chats/s  5.5 h left',
    ],
    [{ label: 'import', unit: 'chats', total: 0, done: 0, seconds: 0 }, 'import 0 chats  0 chats/s'],
  ])('%o is "%s"', (state, line) => {
    expect(describeProgress(state)).toBe(line);
  });

  function shown(isTTY: boolean): string[] {
    const written: string[] = [];
    let now = 0;
    const to = { isTTY, write: (text: string) => written.push(text) > 0 };
    const progress = new Progress({ label: 'backup', unit: 'B' }, to as NodeJS.WriteStream, () => now);
    for (now = 50; now <= 10_000; now += 50) progress.add(100);
    progress.end();
    return written;
  }

  it('is one line that is drawn again at a terminal, and gone at the end', () => {
    const written = shown(true);
    expect(written).toHaveLength(101);
    expect(written[0]).toBe('\r\x1b[2Kbackup 200 B  2 kB/s');
    expect(written.at(-1)).toBe('\r\x1b[2K');
  });

  it('is a line each five seconds elsewhere', () => {
    expect(shown(false)).toEqual(['backup 10 kB  2 kB/s\n', 'backup 20 kB  2 kB/s\n']);
  });
});
