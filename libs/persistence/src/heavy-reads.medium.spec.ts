import { CallError } from '@perennial/contracts-kernel';
import { freshDatabase, waitFor } from '@perennial/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/fixtures';
import { HeavyReads, type Waiter } from './heavy-reads';
import { ReplicaReads } from './replica-reads';

/** Real: Postgres. */
let db: TestDatabase;
let reads: HeavyReads;

beforeAll(async () => {
  const url = await freshDatabase('heavy');
  db = await openTestDatabase(url, { poolSize: 2, genericPlans: true });
  const options = { url, schema: 'notes', migrations: [], applicationName: 'heavy-test' };
  reads = HeavyReads.open(options, db.database, ReplicaReads.open(options, db.database, db.runtime), db.runtime);
});
afterAll(async () => {
  await reads?.close();
  await db?.close();
});

const waiter = (remainingMs = 60_000, signal = new AbortController().signal): Waiter => ({ remainingMs, signal });
const sleep = (seconds: number) => (tx: { query(sql: string): Promise<object[]> }) =>
  tx.query(`SELECT pg_sleep(${seconds}) /* heavy */`);
const running = async (): Promise<number> =>
  (
    await db.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = 'heavy-test-heavy' AND state = 'active' AND query LIKE '%/* heavy */'`,
    )
  ).length;

it('is planned with its parameters, unlike other statements', async () => {
  const plans = `SELECT current_setting('plan_cache_mode') AS plans, current_setting('jit') AS jit`;
  expect(await db.database.query(plans)).toEqual([{ plans: 'force_generic_plan', jit: 'off' }]);
  expect(await reads.run('u', waiter(), (tx) => tx.query(plans))).toEqual([{ plans: 'auto', jit: 'on' }]);
});

it('ends the statement at its caller’s deadline, and no other statement', async () => {
  await expect(reads.run('u', waiter(100), sleep(60))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  expect(await running()).toBe(0);
  // The same connection: the time-out applied to that read only.
  expect(
    await reads.run('u', waiter(), (tx) => tx.query(`SELECT current_setting('statement_timeout') AS t`)),
  ).not.toEqual([{ t: '100ms' }]);
});

it('ends the statement when its caller aborts', async () => {
  const gone = new AbortController();
  const read = reads.run('u', waiter(60_000, gone.signal), sleep(60));
  const ended = expect(read).rejects.toMatchObject({ code: 'CANCELLED' });
  await waitFor(async () => (await running()) === 1);
  gone.abort(new CallError('CANCELLED', 'The caller has gone.'));
  await ended;
  expect(await running()).toBe(0);
  expect(await reads.run('u', waiter(), (tx) => tx.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
});

it('runs two reads of one user and queues four; other users and the main pool do not wait', async () => {
  const gone = new AbortController();
  const greedy = Array.from({ length: 8 }, () => reads.run('greedy', waiter(60_000, gone.signal), sleep(60)));
  const outcomes = Promise.allSettled(greedy);
  await waitFor(async () => (await running()) === 2);
  expect(await reads.run('modest', waiter(), (tx) => tx.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  expect(await db.database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  gone.abort(new CallError('CANCELLED', 'The caller has gone.'));
  const codes = (await outcomes).map((outcome) => outcome.status === 'rejected' && (outcome.reason as CallError).code);
  expect(codes.filter((code) => code === 'RESOURCE_EXHAUSTED')).toHaveLength(2);
  expect(codes.filter((code) => code === 'CANCELLED')).toHaveLength(6);
  await waitFor(async () => (await running()) === 0);
  // No place leaks.
  const again = await Promise.all(
    [1, 2, 3].map(() => reads.run('greedy', waiter(), (tx) => tx.query('SELECT 1 AS one'))),
  );
  expect(again).toHaveLength(3);
});
