import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChatReplicas, startReplicas } from '../../../test/replicas';
import { ClaimRepository } from './claim.repository';
import { ProcessRegistry } from './process-registry';

/** Real: Postgres with the service's own migrations, two replicas that claim. The test creates the rows. */
describe('claims', () => {
  let started: ChatReplicas;
  let replicas: ChatReplicas['replicas'];
  let db: ChatReplicas['db'];

  beforeAll(async () => {
    started = await startReplicas('claim');
    ({ replicas, db } = started);
  });
  afterAll(() => started?.stop());
  beforeEach(async () => {
    await db.query('TRUNCATE runs CASCADE');
  });

  /** Queued runs of one user, the first of them so many seconds ago and each next one a millisecond later. */
  async function queued(user: string, count: number, ageS: number, deaths = 0): Promise<string[]> {
    const { rows } = await db.query<{ id: string }>(
      `INSERT INTO runs (id, kind, user_id, principal, model, request, queued_at, deaths)
       SELECT gen_random_uuid(), 'completion', $1, '{}', 'm', '{}',
              now() - $3::float8 * interval '1 second' + n * interval '1 millisecond', $4
         FROM generate_series(1, $2) n RETURNING id`,
      [user, count, ageS, deaths],
    );
    return rows.map((row) => row.id);
  }

  async function claim(count: number, replica = 0): Promise<string[]> {
    const { app } = replicas[replica]!;
    const owner = app.get(ProcessRegistry, { strict: false }).id;
    const runs = await app.get(ClaimRepository, { strict: false }).claim(owner, count);
    return runs.map((run) => run.id);
  }

  async function claimSuspects(): Promise<string[]> {
    const { app } = replicas[0]!;
    const owner = app.get(ProcessRegistry, { strict: false }).id;
    const runs = await app.get(ClaimRepository, { strict: false }).claimSuspects(owner);
    return runs.map((run) => run.id);
  }

  const end = (ids: string[]) => db.query(`UPDATE runs SET state = 'completed' WHERE id = ANY ($1::uuid[])`, [ids]);

  it('choose another user before the 3,000 runs of one, even while none of those is running', async () => {
    const [heavy, light] = [randomUUID(), randomUUID()];
    const theirs = await queued(heavy, 3_000, 100);
    const first = await claim(1);
    expect(theirs).toContain(first[0]);
    const [mine] = await queued(light, 1, 0);
    expect(await claim(1)).toEqual([mine]);
    // No other user waits: this one gets all the room.
    expect(await claim(16)).toHaveLength(16);
  });

  it('take turns: by the number of running answers of each user, then by age', async () => {
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
    const [first, second, third] = await queued(one, 3, 30);
    const [other, later] = await queued(two, 2, 20);
    expect(await claim(2)).toEqual(expect.arrayContaining([first, other]));
    const [newcomer] = await queued(three, 1, 0);
    expect(await claim(1)).toEqual([newcomer]);
    expect(await claim(1)).toEqual([second]);
    expect(await claim(1)).toEqual([later]);
    await end([first!, second!]);
    expect(await claim(1)).toEqual([third]);
    expect(await claim(1)).toEqual([]);
  });

  it('of two concurrent replicas never claim the same run, and leave none', async () => {
    const all = await queued(randomUUID(), 100, 10);
    for (let user = 0; user < 40; user += 1) all.push(...(await queued(randomUUID(), 2, 5)));
    const taken: string[] = [];
    const loop = async (replica: number): Promise<void> => {
      for (let empty = 0; empty < 3;) {
        const runs = await claim(7, replica);
        if (runs.length === 0) empty += 1;
        taken.push(...runs);
      }
    };
    await Promise.all([loop(0), loop(0), loop(1), loop(1)]);
    expect(taken.length).toBe(all.length);
    expect(new Set(taken)).toEqual(new Set(all));
    const { rows } = await db.query(`SELECT count(*)::int AS count FROM runs WHERE epoch <> 1`);
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('leave runs that have seen two deaths to a quarantine process: in a group, and alone after one more', async () => {
    const group = await queued(randomUUID(), 20, 50, 2);
    const [alone] = await queued(randomUUID(), 1, 40, 3);
    const [innocent] = await queued(randomUUID(), 1, 0, 1);
    expect(await claim(10)).toEqual([innocent]);
    const first = await claimSuspects();
    expect(new Set(first)).toEqual(new Set(group.slice(0, 16)));
    await end(first);
    await end(group.slice(16));
    await queued(randomUUID(), 3, 30, 2);
    expect(await claimSuspects()).toEqual([alone]);
    expect(await claimSuspects()).toHaveLength(3);
    expect(await claimSuspects()).toEqual([]);
  });
});
