import { describe, expect, it } from 'vitest';
import { RecentCalls } from './recent-calls';

describe('RecentCalls', () => {
  it('remembers an answer for 10 s at least and 20 s at most', () => {
    let now = 0;
    const recent = new RecentCalls(() => now);
    recent.answered('a.1', '["1",1,{}]');
    now = 10_001;
    recent.answered('a.2', '["2",1,{}]');
    expect(recent.find('a.1')).toEqual({ kind: 'answered', frame: '["1",1,{}]' });
    now = 20_003;
    recent.answered('a.3', '["3",1,{}]');
    expect(recent.find('a.1')).toBeUndefined();
    expect(recent.find('a.2')).toBeDefined();
  });

  it('remembers a cancel that came before its call', () => {
    const recent = new RecentCalls();
    recent.cancelled('a.1');
    expect(recent.find('a.1')).toEqual({ kind: 'cancelled' });
  });

  it('is bounded by number and by length', () => {
    const recent = new RecentCalls(() => 0);
    for (let n = 0; n < 5_000; n += 1) recent.answered(`a.${n}`, '[]');
    expect(recent.find('a.0')).toBeUndefined();
    expect(recent.find('a.4999')).toBeDefined();
    const frame = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 9; n += 1) recent.answered(`b.${n}`, frame);
    expect(recent.find('b.0')).toBeUndefined();
    expect(recent.find('b.8')).toBeDefined();
    recent.answered('c.1', `${frame}x`);
    expect(recent.find('c.1')).toBeUndefined();
  });
});
