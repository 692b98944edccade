import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { behindSettings, formatSettingsVersion, laterSettings, parseSettingsVersion } from './settings-version';

describe('the version of the settings', () => {
  it.each(['', 'c', '12', 'c-1', 'c1.', '.c1', 'c1,a2', 'C1', 'c1.a', 'c1 ', 'c1e3', `c${'9'.repeat(16)}`, 'x1'])(
    '%j is malformed',
    (text) => {
      expect(parseSettingsVersion(text)).toBeUndefined();
    },
  );

  it('may be partial, in any order, and with owners of a later release', () => {
    expect(parseSettingsVersion('a3')).toEqual({ a: 3 });
    expect(parseSettingsVersion('a3.c0')).toEqual({ a: 3, c: 0 });
    expect(parseSettingsVersion('c1.a2.g7')).toEqual({ c: 1, a: 2 });
  });

  it('survives its text, and a later version is behind in nothing', () => {
    const number = fc.option(fc.nat(), { nil: undefined });
    const version = fc.record({ c: number, a: number });
    fc.assert(
      fc.property(version, version, (one, other) => {
        const later = laterSettings(one, other);
        expect(behindSettings(later, one)).toEqual([]);
        expect(behindSettings(later, other)).toEqual([]);
        expect(parseSettingsVersion(formatSettingsVersion(later)) ?? {}).toEqual(later);
        expect(behindSettings({}, one)).toEqual((['c', 'a'] as const).filter((owner) => one[owner] !== undefined));
      }),
    );
  });
});
