import { describe, expect, it } from 'vitest';
import { removalOf, type TreeRow } from './message-tree';

/**
 * q1 ─ a1 ─ q2 ─ a2
 *    └ b1 ─ q3 ─ a3
 */
const rows: TreeRow[] = [
  { id: 'q1', parent_id: null },
  { id: 'a1', parent_id: 'q1' },
  { id: 'q2', parent_id: 'a1' },
  { id: 'a2', parent_id: 'q2' },
  { id: 'b1', parent_id: 'q1' },
  { id: 'q3', parent_id: 'b1' },
  { id: 'a3', parent_id: 'q3' },
];

describe('the deletion of a message', () => {
  it.each([
    ['in the middle', 'q2', 'a2', ['q2'], 'a1', 'a2'],
    ['that is shown last, which shows the newest of its siblings', 'a1', 'a1', ['a1'], 'q1', 'a2'],
    ['without messages after it', 'a2', 'a2', ['a2'], 'q2', 'q2'],
    ['of another branch', 'a3', 'a2', ['a3'], 'q3', 'a2'],
    ['that is the first', 'q1', 'a2', ['q1'], null, 'a2'],
  ])('%s', (_, id, current, gone, parentId, currentId) => {
    expect(removalOf(rows, id, current, false)).toEqual({ gone, parentId, currentId });
  });

  it.each([
    ['shows the branch beside it', 'a1', 'a2', ['a1', 'q2', 'a2'], 'q1', 'a3'],
    ['shows what was before it', 'q2', 'a2', ['q2', 'a2'], 'a1', 'a1'],
    ['of another branch changes nothing that is shown', 'b1', 'a2', ['b1', 'q3', 'a3'], 'q1', 'a2'],
  ])('with its branch %s', (_, id, current, gone, parentId, currentId) => {
    expect(removalOf(rows, id, current, true)).toEqual({ gone, parentId, currentId });
  });

  it('with everything after the first leaves nothing', () => {
    expect(removalOf(rows, 'q1', 'a2', true)).toMatchObject({ parentId: null, currentId: null });
  });

  it('that is not there is nothing', () => {
    expect(removalOf(rows, 'x', 'a2', true)).toBeUndefined();
  });

  it('in a circle ends', () => {
    const circle = [
      { id: 'a', parent_id: 'b' },
      { id: 'b', parent_id: 'a' },
    ];
    expect(removalOf(circle, 'a', 'a', true)).toMatchObject({ gone: ['a', 'b'] });
    expect(removalOf(circle, 'a', 'a', false)).toMatchObject({ gone: ['a'], currentId: 'b' });
  });

  it('of ten thousand takes no noticeable time', () => {
    const long = Array.from({ length: 10_000 }, (_, n) => ({ id: `${n}`, parent_id: n === 0 ? null : `${n - 1}` }));
    expect(removalOf(long, '1', '9999', true)?.gone).toHaveLength(9_999);
    const wide = [{ id: 'q', parent_id: null }, ...long.map(({ id }) => ({ id, parent_id: 'q' }))];
    expect(removalOf(wide, '9999', '9999', false)).toEqual({ gone: ['9999'], parentId: 'q', currentId: '9998' });
  });
});
