import { randomUUID } from 'node:crypto';
import { files as fileCalls, knowledge } from '@perennial/contracts-retrieval';
import { waitFor } from '@perennial/testing';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BuildsRepository } from '../src/search-index/builds.repository';
import { PlantedWorld } from './planted';
import { newUser } from './world';

/**
 * Real: Postgres with its locks, Redis, a replica. A third transaction locks a row until the two under test have both begun.
 */
describe('changes of many files at once', () => {
  let world: PlantedWorld;
  let scope: string;
  let files: { first: string; middle: string; last: string };
  const user = newUser();
  const admin = { principal: newUser('admin') };

  beforeAll(async () => {
    world = await PlantedWorld.start();
    await world.replica();
  });
  afterAll(() => world?.stop());
  beforeEach(async () => {
    await world.db.query('TRUNCATE files, knowledge_bases, removals CASCADE');
    scope = await world.base(user);
    const plant = async (digit: string, place?: string): Promise<string> => {
      const id = digit + randomUUID().slice(1);
      await world.db.query(
        `INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key) VALUES ($1, $2, '', '', 1, gen_random_uuid(), '')`,
        [id, user.userId],
      );
      await world.db.query('INSERT INTO placements (file_id, scope) VALUES ($1, $2)', [id, place ?? id]);
      return id;
    };
    // Without an order a statement finds them in their physical order, which is not that of their ids.
    const last = await plant('f', scope);
    const middle = await plant('8');
    files = { first: await plant('0', scope), middle, last };
    await world.db.query('ANALYZE files');
  });

  /** Locks a file until `work` has released it or is over. */
  const holding = async (fileId: string, work: (holder: pg.PoolClient) => Promise<void>): Promise<void> => {
    const holder = await world.db.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM files WHERE id = $1 FOR UPDATE', [fileId]);
      await work(holder);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  };
  const waiting = (transactions: number) =>
    waitFor(
      async () => {
        const locks = `datname = current_database() AND wait_event_type = 'Lock'`;
        return (await world.count('pg_stat_activity', locks)) === transactions;
      },
      { what: `${transactions} to wait` },
    );
  const alive = () => world.count('files', 'deleted_at IS NULL');

  it('a user’s documents are deleted while one of their bases is emptied: bases are locked before files', async () => {
    await holding(files.middle, async (holder) => {
      const deleted = world.caller.rpc.call(fileCalls.removeOfUser, { userId: user.userId }, admin);
      await waiting(1);
      const reset = world.caller.rpc.call(knowledge.reset, { knowledgeId: scope }, { principal: user });
      const answers = Promise.allSettled([deleted, reset]);
      await waiting(2);
      await holder.query('ROLLBACK');
      expect(await answers).toMatchObject([
        { status: 'fulfilled', value: { files: 3, bases: 1 } },
        // It came second.
        { status: 'rejected', reason: { code: 'NOT_FOUND' } },
      ]);
    });
    expect(await alive()).toBe(0);
  });

  it('all files are locked in the order of their ids', async () => {
    await holding(files.middle, async (holder) => {
      const deleted = world.caller.rpc.call(fileCalls.removeAll, {}, admin);
      await waiting(1);
      const { rows } = await holder.query<{ id: string }>(
        'SELECT id FROM files WHERE id <> $1 FOR UPDATE SKIP LOCKED',
        [files.middle],
      );
      expect(rows).toEqual([{ id: files.last }]);
      await holder.query('ROLLBACK');
      expect(await deleted).toEqual({ deleted: 3 });
    });
    expect(await alive()).toBe(0);
  });

  it.each([
    ['all files', () => world.caller.rpc.call(fileCalls.removeAll, {}, admin)],
    ['those of a user', () => world.caller.rpc.call(fileCalls.removeOfUser, { userId: user.userId }, admin)],
    ['those of a base', () => world.caller.rpc.call(knowledge.reset, { knowledgeId: scope }, { principal: user })],
  ])('%s are retried when Postgres ends the transaction as a deadlock', async (_, remove) => {
    await holding(files.last, async (holder) => {
      // The first one to check for deadlocks is the victim.
      await holder.query(`SET LOCAL deadlock_timeout = '20s'`);
      const removed = remove();
      const outcome = Promise.allSettled([removed]);
      await waiting(1);
      await holder.query('SELECT 1 FROM files WHERE id = $1 FOR UPDATE', [files.first]);
      await holder.query('COMMIT');
      expect(await outcome).toMatchObject([{ status: 'fulfilled' }]);
    });
    expect(await world.count('files', 'deleted_at IS NULL AND id = ANY ($1::uuid[])', [files.first, files.last])).toBe(
      0,
    );
  });

  it('an index that is filled locks a file before its placement, as a move does', async () => {
    const index = await world.index();
    await world.db.query('UPDATE files SET live_generation = 1 WHERE id = $1', [files.first]);
    const builds = world.replicas[0]!.app.get(BuildsRepository, { strict: false });
    const places = await builds.missingOf(index, files.first);
    await holding(files.first, async (holder) => {
      const recorded = builds.record(index, places);
      await waiting(1);
      const { rowCount } = await holder.query('SELECT 1 FROM placements WHERE file_id = $1 FOR UPDATE NOWAIT', [
        files.first,
      ]);
      expect(rowCount).toBe(1);
      await holder.query('ROLLBACK');
      await recorded;
    });
    expect(await world.count('indexed', 'file_id = $1', files.first)).toBe(1);
  });
});
