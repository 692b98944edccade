import { describe, expect, it } from 'vitest';
import { repeatedIn, untold } from './liveness.mjs';

const FILE = 'apps/chat/src/sweeper.ts';
const SOURCE = `
const SWEEP_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
this.runtime.every(SWEEP_MS, () => this.sweep(), { name: 'sweep' });
wakeEvery(500, () => this.beat());
const timer = setInterval(
  guarded(check, () => [raw.destroy(), 1]),
  limitMs,
);
monitorEventLoopDelay({ resolution: DAY_MS });
const args = ['GROUP', group, 'BLOCK', SWEEP_MS, 'STREAMS'];
rows.every(isRow, SWEEP_MS);
`;
const row = (interval: string, each: string, file = FILE) => `| \`${interval}\` of \`${file}\` | ${each} | – |`;

describe('a timer or poll', () => {
  it('is found with its interval, for every kind of timer', () => {
    expect(repeatedIn(FILE, SOURCE)).toEqual([
      { file: FILE, interval: 'SWEEP_MS', ms: 1_000 },
      { file: FILE, interval: '500', ms: 500 },
      { file: FILE, interval: 'limitMs', ms: undefined },
      { file: FILE, interval: 'DAY_MS', ms: 86_400_000 },
    ]);
    expect(repeatedIn('apps/chat/src/sweeper.spec.ts', SOURCE)).toEqual([]);
  });

  it('must be listed with its interval, and removed ones must not', () => {
    const told = [row('SWEEP_MS', '1 s'), row('500', '500 ms'), row('limitMs', '–'), row('DAY_MS', '1440 min')];
    const repeated = repeatedIn(FILE, SOURCE);
    expect(untold(repeated, told.join('\n'))).toEqual([]);
    expect(untold(repeated, told.slice(1).join('\n'))).toEqual([`there is no row for \`SWEEP_MS\` of \`${FILE}\``]);
    expect(untold(repeated, [row('SWEEP_MS', '2 s'), ...told.slice(1)].join('\n'))).toEqual([
      `\`SWEEP_MS\` of \`${FILE}\` is 1 s`,
    ]);
    expect(untold(repeated, [...told, row('POLL_MS', '1 s', 'apps/auth/src/gone.ts')].join('\n'))).toEqual([
      'nothing repeats by itself in `apps/auth/src/gone.ts`',
    ]);
  });
});
