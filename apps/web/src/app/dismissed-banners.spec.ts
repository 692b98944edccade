import { expect, it } from 'vitest';
import { dismiss, isDismissed } from './dismissed-banners';

const banner = (id: string, more: object = {}) => ({
  id,
  type: 'info',
  content: 'Hello',
  dismissible: true,
  timestamp: 1,
  ...more,
});

it('a dismissed banner is not shown again, unless it was changed or may not be dismissed', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  } as unknown as Storage;
  const [one, other] = [banner('one'), banner('other')];
  dismiss(storage, one, [one, other]);
  expect([isDismissed(storage, one), isDismissed(storage, other)]).toEqual([true, false]);
  expect(isDismissed(storage, banner('one', { timestamp: 2 }))).toBe(false);
  expect(isDismissed(storage, banner('one', { dismissible: false }))).toBe(false);
  dismiss(storage, other, [other]);
  expect([...kept.values()]).toEqual(['["other@1"]']);
  kept.set('banners.dismissed', 'no JSON');
  expect(isDismissed(storage, one)).toBe(false);
});
