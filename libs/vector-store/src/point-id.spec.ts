import { expect, it } from 'vitest';
import { pointId } from './point-id';

const ref = { scope: 'base-1', fileId: 'file-1', generation: 1, ordinal: 0 };

it('gives the same chunk the same id in every release', () => {
  expect(pointId(ref)).toBe('27ed1e87-e3c0-5836-8773-bff6acbc587b');
  expect(pointId(ref)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('tells scope, file, generation and ordinal apart', () => {
  const others = [
    { scope: 'base-2' },
    { fileId: 'file-2' },
    { generation: 2 },
    { ordinal: 1 },
    { scope: 'base-1file', fileId: '-1' },
  ];
  const ids = [ref, ...others.map((change) => ({ ...ref, ...change }))].map(pointId);
  expect(new Set(ids).size).toBe(ids.length);
});
