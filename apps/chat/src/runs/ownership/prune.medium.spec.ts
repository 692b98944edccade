import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChatReplicas, startReplicas } from '../../../test/replicas';
import { PruneRepository } from './prune.repository';

/** Real: Postgres with the service's own migrations, two replicas that prune. The test creates the rows. */
describe('pruning', () => {
  let started: ChatReplicas;
  let replicas: ChatReplicas['replicas'];
  let db: ChatReplicas['db'];

  beforeAll(async () => {
    started = await startReplicas('prune');
    ({ replicas, db } = started);
  });
  afterAll(() => started?.stop());
  beforeEach(async () => {
    await db.query('TRUNCATE runs, side_effects, run_checkpoints CASCADE');
  });

  async function prune(): Promise<void> {
    await Promise.all(replicas.map(({ app }) => app.get(PruneRepository, { strict: false }).prune()));
  }

  /** A run that ended so long ago; `ended` null: it has not. */
  async function run(kind: 'turn' | 'completion', ended: string | null, published = true): Promise<string> {
    const id = randomUUID();
    await db.query(
      `INSERT INTO runs (id, kind, user_id, principal, model, request, state, terminal, ended_at, published_at, text, owner)
       VALUES ($1, $2, $3, '{}', 'm', '{}', CASE WHEN $4::text IS NULL THEN 'running' ELSE 'completed' END,
               CASE WHEN $4::text IS NOT NULL THEN '{"state": "completed", "generation": 1, "length": 1}'::jsonb END,
               now() - $4::interval, CASE WHEN $5 THEN now() END, 'x', (SELECT id FROM processes LIMIT 1))`,
      [id, kind, randomUUID(), ended, published && ended !== null],
    );
    return id;
  }

  async function effect(runId: string, ended: string | null): Promise<string> {
    const key = `title:${randomUUID()}`;
    await db.query(
      `INSERT INTO side_effects (key, kind, run_id, user_id, chat_id, payload, state, ended_at)
       VALUES ($1, 'title', $2, $3, $3, '{}', CASE WHEN $4::text IS NULL THEN 'begun' ELSE 'done' END, now() - $4::interval)`,
      [key, runId, randomUUID(), ended],
    );
    return key;
  }

  const left = async (column: string, table: string): Promise<string[]> =>
    (await db.query<{ name: string }>(`SELECT ${column}::text AS name FROM ${table}`)).rows.map((row) => row.name);

  it('keeps the text of a completion 10 minutes, a turn for a week, and unpublished ends', async () => {
    await run('completion', '11 minutes');
    await run('turn', '8 days');
    const kept = [
      await run('completion', '9 minutes'),
      await run('completion', '1 day', false),
      await run('completion', null),
      await run('turn', '6 days'),
      await run('turn', '30 days', false),
      await run('turn', null),
    ];
    await prune();
    expect((await left('id', 'runs')).sort()).toEqual(kept.sort());
  });

  it('deletes any number, also while another replica does the same', async () => {
    await db.query(
      `INSERT INTO runs (id, kind, user_id, principal, model, request, state, terminal, ended_at, published_at)
       SELECT gen_random_uuid(), 'turn', gen_random_uuid(), '{}', 'm', '{}', 'completed', '{}', now() - interval '8 days', now()
         FROM generate_series(1, 9000)`,
    );
    await prune();
    await prune();
    expect(await left('id', 'runs')).toEqual([]);
  });

  it('deletes titles a day after they were made, and those without a run', async () => {
    const going = await run('turn', null);
    await effect(going, '25 hours');
    await effect(randomUUID(), null);
    const kept = [await effect(going, '23 hours'), await effect(going, null)];
    await prune();
    expect((await left('key', 'side_effects')).sort()).toEqual(kept.sort());
  });

  it('deletes text that was stored while its run was being finished', async () => {
    const [going, over] = [await run('turn', null), await run('turn', '1 minute')];
    for (const id of [going, over]) {
      await db.query(
        `INSERT INTO run_checkpoints (run_id, generation, epoch, start, text) VALUES ($1, 1, 1, 0, 'text')`,
        [id],
      );
    }
    await prune();
    expect(await left('run_id', 'run_checkpoints')).toEqual([going]);
  });
});
