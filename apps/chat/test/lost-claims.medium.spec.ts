import { randomUUID } from 'node:crypto';
import { Database, openDataSource, poolFrom } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { type PostgresCluster, startPostgresCluster, waitFor } from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../src/migrations';
import { DocumentsRepository } from '../src/runs/documents/documents.repository';
import { FinishRepository } from '../src/runs/generation/finish.repository';
import { ClaimRepository } from '../src/runs/ownership/claim.repository';
import { OwnershipRepository } from '../src/runs/ownership/ownership.repository';
import type { ClaimedRun, Outcome, RunClaim } from '../src/runs/types/run';

const COMPLETED: Outcome = { state: 'completed', finishReason: 'stop' };

/** Real: a Postgres primary with an asynchronous standby, kill -9 and promotion, all statements. Not real: the processes, which are rows. */
describe('a claim that a failover loses', () => {
  let cluster: PostgresCluster;
  let database: Database;
  let close: () => Promise<void>;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ standbys: 1, database: 'chat' });
    const runtime = new Runtime({ name: 'lost-claims', logLevel: 'silent' });
    const options = { url: cluster.url, schema: 'chat', migrations: MIGRATIONS, connectTimeoutMs: 20_000 };
    const dataSource = await openDataSource(options, runtime.log);
    close = () => dataSource.destroy();
    database = new Database(poolFrom(dataSource), runtime.metrics);
  });
  afterAll(async () => {
    await close?.();
    await cluster?.stop();
  });

  it('is issued again under the same epoch, and only the owner that Postgres knows may write', async () => {
    const [early, late, runId] = [randomUUID(), randomUUID(), randomUUID()];
    await database.execute(`INSERT INTO processes (id, instance) VALUES ($1, 'early'), ($2, 'late')`, [early, late]);
    await database.execute(
      `INSERT INTO runs (id, kind, user_id, principal, model, request) VALUES ($1, 'completion', $2, '{}', 'm', '{}')`,
      [runId, randomUUID()],
    );
    const [standby] = cluster.standbys;
    await waitFor(async () => (await cluster.run(standby!, 'SELECT 1 FROM chat.runs')).length === 1);
    const claims = new ClaimRepository(database);
    const claim = async (owner: string): Promise<ClaimedRun> => (await claims.claim(owner, 1))[0]!;

    // The claim is acknowledged; the standby has not received it when the primary dies.
    await cluster.cutOff(standby!);
    const lost = await claim(early);
    await cluster.failover();
    await waitFor(() => database.query('SELECT 1').catch(() => undefined));
    const issuedAgain = await claim(late);
    expect([issuedAgain.id, issuedAgain.epoch]).toEqual([lost.id, lost.epoch]);

    const ownership = new OwnershipRepository(database);
    const finishes = new FinishRepository(database);
    const documents = new DocumentsRepository(database);
    const { epoch } = lost;
    const piece = { runId, epoch, generation: 1, start: 0, text: 'of the lost owner' };
    const owned = (owner: string): RunClaim => ({ runId, owner, epoch });
    const kept = { sources: [], template: '', inSystem: false, statuses: [], unavailable: false };
    const recording = { end: { generation: 1, length: 17, outcome: COMPLETED }, rest: [piece] };

    // The lost owner is told by its next check, and none of its statements changes anything.
    expect(await ownership.checkpoint(early, [piece])).toEqual([]);
    expect(await ownership.isOwner(runId, early, epoch)).toBe(false);
    expect(await ownership.ownStill(early, [{ runId, epoch }])).toEqual([false]);
    expect(await documents.keep(owned(early), kept)).toBe(false);
    expect(await ownership.release(early, [{ runId, epoch }])).toEqual([]);
    expect(await finishes.finish(owned(early), COMPLETED, 1, piece.text, recording)).toBeUndefined();
    expect(await database.query('SELECT 1 FROM run_checkpoints')).toEqual([]);

    expect(await ownership.ownStill(late, [{ runId, epoch }])).toEqual([true]);
    const text = 'of the owner';
    const finished = await finishes.finish(owned(late), COMPLETED, 1, text);
    expect(finished?.terminal).toMatchObject({ state: 'completed', length: text.length });
    // Repeated after a lost reply, the finish is the owner's; it is never taken for the lost owner's.
    expect(await finishes.finish(owned(late), COMPLETED, 1, text)).toMatchObject({ terminal: finished?.terminal });
    expect(await finishes.finish(owned(early), COMPLETED, 1, piece.text)).toBeUndefined();
    expect(await database.first('SELECT text FROM runs')).toEqual({ text });
  });
});
