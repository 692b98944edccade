import { expect, it } from 'vitest';
import { readList, reorder, writeList } from './list-address';

const USUAL = { query: '', role: undefined, order_by: 'created_at', direction: 'desc', page: 1 } as const;

it.each([
  ['', USUAL],
  [
    'q=a%26b&role=pending&order=name&direction=asc&page=7',
    { query: 'a&b', role: 'pending', order_by: 'name', direction: 'asc', page: 7 },
  ],
] as const)('reads and writes the address “%s”', (address, list) => {
  expect(readList(new URLSearchParams(address))).toEqual(list);
  expect(String(writeList(list))).toBe(address);
});

it('reads what somebody made up as what is usual', () => {
  const address = `role=king&order=password_hash&direction=up&page=${'9'.repeat(400)}&q=${'x'.repeat(300)}`;
  expect(readList(new URLSearchParams(address))).toEqual({ ...USUAL, query: 'x'.repeat(200) });
  expect(readList(new URLSearchParams('page=-3')).page).toBe(1);
});

it('turns a column round, and begins anew with another', () => {
  const byName = reorder({ ...USUAL, page: 9 }, 'name');
  expect(byName).toMatchObject({ order_by: 'name', direction: 'asc', page: 1 });
  expect(reorder(byName, 'name').direction).toBe('desc');
  expect(reorder(byName, 'last_active_at').direction).toBe('desc');
});
