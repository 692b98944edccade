import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Table } from '@lancedb/lancedb';
import { seeded } from '@perennial/testing/seeded';
import { wordsOf } from '@perennial/words';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { points } from '../../test/points';
import { unitVector } from '../checks';
import { isDue, optimise } from './maintenance';
import { arrowTable, ensureIndexes, toSchema } from './table';

/** On a real table on disk. */
describe('upkeep of a LanceDB table', () => {
  let directory: string;
  let table: Table;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-lancedb-'));
    table = await (await connect(directory)).createEmptyTable('t', toSchema(8));
    await ensureIndexes(table);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const write = (count: number, fileId: string): Promise<unknown> => {
    const rows = points(count, { fileId, random: seeded(1) });
    const stored = rows.map((row) => ({ ...row, vector: unitVector(row.vector), words: wordsOf(row.text) }));
    return table.mergeInsert('id').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(arrowTable(stored, 8));
  };
  const files = async (folder: string): Promise<number> => (await readdir(join(directory, 't.lance', folder))).length;

  it('is due after many small writes, and not again right after it was done', async () => {
    for (let n = 0; n < 15; n += 1) await write(10, `file-${n}`);
    expect(await isDue(table)).toBe(false);
    await write(10, 'file-15');
    expect(await isDue(table)).toBe(true);
    await optimise(table);
    expect(await isDue(table)).toBe(false);
    expect((await table.stats()).fragmentStats.numFragments).toBe(1);
    expect(await table.countRows()).toBe(160);
  });

  it('waits until a large table has grown by a fraction of its size', async () => {
    await write(4_000, 'large');
    for (let n = 0; n < 30; n += 1) await write(10, `file-${n}`);
    expect(await isDue(table)).toBe(false);
    await write(900, 'more');
    expect(await isDue(table)).toBe(true);
  });

  it('brings new rows into every index', async () => {
    await write(300, 'file-1');
    await optimise(table);
    for (const { name } of await table.listIndices()) {
      expect(await table.indexStats(name)).toMatchObject({ numIndexedRows: 300, numUnindexedRows: 0 });
    }
  });

  it('removes old versions, so that endless writing needs no more space', async () => {
    const sizes: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < 20; n += 1) await write(20, `file-${n}`);
      await optimise(table, 0);
      sizes.push((await files('data')) + (await files('_versions')));
    }
    expect(await table.countRows()).toBe(400);
    expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[0] ?? 0) + 4);
    expect(sizes.at(-1)).toBeLessThan(12);
  });
});
