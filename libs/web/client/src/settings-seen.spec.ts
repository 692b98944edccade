import { expect, it } from 'vitest';
import { SettingsSeen } from './settings-seen';

it('asks for the version of one’s own changes for some seconds', () => {
  const seen = new SettingsSeen();
  expect(seen.wanted(0)).toBeUndefined();
  seen.changed(null, 0);
  seen.changed('malformed', 0);
  expect(seen.wanted(0)).toBeUndefined();
  seen.changed('c5.a3', 0);
  // Of a replica that was behind in the other number.
  seen.changed('c4.a7', 1_000);
  expect(seen.wanted(2_000)).toBe('c5.a7');
  expect(seen.wanted(6_000)).toBeUndefined();
  seen.changed('c6.a7', 7_000);
  seen.forget();
  expect(seen.wanted(7_000)).toBeUndefined();
});
