import { defineCall, parseRequest } from '@perennial/contracts-kernel';
import { freshDatabase } from '@perennial/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openTestDatabase, type TestDatabase } from '../test/fixtures';
import { type OnceKey, pruneCallResults } from './call-results';
import type { Tx } from './unit-of-work';

// Real: Postgres, its locks and its pool. No mocks.
let db: TestDatabase;
const addNote = (tx: Tx, body: string) =>
  tx.query<{ id: number }>('INSERT INTO notes (body) VALUES ($1) RETURNING id', [body]);
const bodies = async () =>
  (await db.database.query<{ body: string }>('SELECT body FROM notes ORDER BY body')).map((row) => row.body);

beforeAll(async () => {
  db = await openTestDatabase(await freshDatabase('uow'));
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.database.execute('TRUNCATE notes, call_results');
});

describe('UnitOfWork.run', () => {
  it('commits when the work resolves, and then runs afterCommit', async () => {
    const seen: string[][] = [];
    await db.work.run(async (tx) => {
      tx.afterCommit(async () => void seen.push(await bodies()));
      await addNote(tx, 'a');
      expect(await bodies()).toEqual([]);
    });
    expect(seen).toEqual([['a']]);
  });

  it('rolls back when the work rejects, and never runs afterCommit', async () => {
    let ran = false;
    const failing = db.work.run(async (tx) => {
      tx.afterCommit(() => void (ran = true));
      await addNote(tx, 'a');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(ran).toBe(false);
    expect(await bodies()).toEqual([]);
  });

  it('keeps the result when work after the commit fails, and logs the failure', async () => {
    const result = await db.work.run(async (tx) => {
      tx.afterCommit(() => Promise.reject(new Error('queue away')));
      return addNote(tx, 'a');
    });
    expect(result).toHaveLength(1);
    expect(db.lines).toContainEqual(expect.objectContaining({ level: 'error', msg: 'work after commit failed' }));
  });

  it('does not commit if a statement failed, even if its error was swallowed', async () => {
    let ran = false;
    const run = db.work.run(async (tx) => {
      tx.afterCommit(() => void (ran = true));
      await addNote(tx, 'a');
      await addNote(tx, 'a').catch(() => undefined);
    });
    await expect(run).rejects.toMatchObject({ code: '23505' });
    expect(ran).toBe(false);
    expect(await bodies()).toEqual([]);
    expect(await db.work.run((tx) => addNote(tx, 'b'))).toHaveLength(1);
  });

  it('pipelines statements that are not awaited one by one', async () => {
    await db.work.run((tx) => Promise.all(['a', 'b', 'c'].map((body) => addNote(tx, body))));
    expect(await bodies()).toEqual(['a', 'b', 'c']);
  });

  it('retries a serialization failure if the caller allows it', async () => {
    await db.work.run((tx) => addNote(tx, 'a'));
    const counted = (options: { retry: boolean }) => {
      let meet: () => void = () => undefined;
      const both = new Promise<void>((resolve) => (meet = resolve));
      let arrived = 0;
      let attempts = 0;
      const writeSkew = (body: string) =>
        db.work.run(
          async (tx) => {
            attempts += 1;
            await tx.query('SELECT count(*) FROM notes');
            arrived += 1;
            if (arrived === 2) meet();
            await both;
            await addNote(tx, body);
          },
          { isolation: 'SERIALIZABLE', ...options },
        );
      return Promise.allSettled([writeSkew(`x${options.retry}`), writeSkew(`y${options.retry}`)]).then((settled) => ({
        settled,
        attempts,
      }));
    };
    const without = await counted({ retry: false });
    expect(without.settled.filter((one) => one.status === 'rejected')).toHaveLength(1);
    const withRetry = await counted({ retry: true });
    expect(withRetry.settled.every((one) => one.status === 'fulfilled')).toBe(true);
    expect(withRetry.attempts).toBe(3);
  });

  it('loses its locks to others when it says nothing for seconds, before the deadline of a call', async () => {
    const lock = (tx: Tx) => tx.query('SELECT pg_advisory_xact_lock(1)');
    let goOn: () => void = () => undefined;
    const silence = new Promise<void>((resolve) => (goOn = resolve));
    let hasLocked: () => void = () => undefined;
    const locked = new Promise<void>((resolve) => (hasLocked = resolve));
    const silent = db.work.run(async (tx) => {
      await lock(tx);
      hasLocked();
      await silence;
      await addNote(tx, 'too late');
    });
    await locked;
    await db.work.run(async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = '4500ms'`);
      await lock(tx);
      await addNote(tx, 'in time');
    });
    goOn();
    await expect(silent).rejects.toThrow();
    expect(await bodies()).toEqual(['in time']);
  });

  it('leaves no transaction open on a pooled connection', async () => {
    await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) =>
        db.work.run(async (tx) => {
          await addNote(tx, `n${i}`);
          if (i % 2 === 0) throw new Error('no');
        }),
      ),
    );
    expect(await bodies()).toHaveLength(20);
    const open = await db.database.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
    );
    expect(open).toEqual([]);
  });
});

describe('UnitOfWork.once', () => {
  const key = { scope: 'notes.add:someone', key: 'k1', request: { body: 'a', tags: [1, 2] } };
  const write = (request: OnceKey = key) =>
    db.work.once(request, async (tx) => {
      const [row] = await addNote(tx, `note ${Math.random()}`);
      return { id: row?.id };
    });

  it('answers a second delivery with the first result', async () => {
    const first = await write();
    expect(await write()).toEqual(first);
    expect(await write({ ...key, request: { tags: [1, 2], body: 'a' } })).toEqual(first);
    expect(await bodies()).toHaveLength(1);
  });

  it('lets concurrent deliveries wait for the first', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => write()));
    expect(new Set(results.map((result) => result.id)).size).toBe(1);
    expect(await bodies()).toHaveLength(1);
  });

  it('frees the key when the first delivery is rolled back, even while a second one waits', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const failing = db.work.once(key, async (tx) => {
      await addNote(tx, 'lost');
      begun();
      await released;
      throw new Error('died');
    });
    await hasBegun;
    const waiting = write();
    release();
    await expect(failing).rejects.toThrow('died');
    const result = await waiting;
    expect(await write()).toEqual(result);
    expect(await bodies()).toHaveLength(1);
  });

  it('refuses the key of another request, and keeps scopes apart', async () => {
    await write();
    await expect(write({ ...key, request: { body: 'b', tags: [] } })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    await write({ ...key, scope: 'notes.add:other' });
    expect(await bodies()).toHaveLength(2);
  });

  it('recognises the request of a version that lacks a field with a default', async () => {
    const base = { pattern: 'chat.test.once', effect: 'keyed', reply: z.object({}) } as const;
    const older = defineCall({ ...base, request: z.object({ body: z.string(), colour: z.string().default('red') }) });
    const newer = defineCall({ ...base, request: older.request.extend({ pinned: z.boolean().default(false) }) });
    const said = (call: typeof older | typeof newer, request: object) => ({
      ...key,
      request: parseRequest(call, { body: 'a', ...request }).data as never,
    });
    const first = await write(said(older, {}));
    expect(await write(said(newer, {}))).toEqual(first);
    expect(await write(said(newer, { pinned: false, colour: 'red' }))).toEqual(first);
    await expect(write(said(newer, { pinned: true }))).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect(await bodies()).toHaveLength(1);
    // The reverse: the newer version handled the first delivery, and the older one gets the second.
    for (const [index, request] of [{}, { pinned: false }, { colour: 'red', pinned: false }].entries()) {
      const other = { ...key, key: `newer first ${index}` };
      const made = await write({ ...other, request: said(newer, request).request });
      expect(await write({ ...other, request: said(older, request).request })).toEqual(made);
      await expect(write({ ...other, request: said(older, { colour: 'blue' }).request })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      });
    }
    expect(await bodies()).toHaveLength(4);
  });

  it('recognises a request that another replica stated in another form', async () => {
    const first = await write({ ...key, request: { body: 'under the old key' } });
    const repeated = { ...key, request: { body: 'under the next key' } };
    await expect(write(repeated)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect(await write({ ...repeated, otherForms: [{ body: 'under the old key' }] })).toEqual(first);
  });

  it('runs afterCommit only once', async () => {
    let ran = 0;
    const notify = () => db.work.once(key, async (tx) => tx.afterCommit(() => void (ran += 1)));
    expect(await notify()).toBeUndefined();
    expect(await notify()).toBeNull();
    expect(ran).toBe(1);
  });

  it('fails as a whole when the result cannot be stored', async () => {
    const tooOdd = db.work.once(key, async (tx) => {
      await addNote(tx, 'a');
      return { text: 'nul \u0000 is not allowed in jsonb' };
    });
    await expect(tooOdd).rejects.toThrow();
    expect(await bodies()).toEqual([]);
  });

  it('prunes old results', async () => {
    await write();
    await db.database.execute("UPDATE call_results SET created_at = now() - interval '2 days'");
    await write({ ...key, key: 'k2' });
    expect(await pruneCallResults(db.database)).toBe(1);
    expect(await db.database.query('SELECT key FROM call_results')).toEqual([{ key: 'k2' }]);
  });
});
