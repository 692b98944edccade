import { sleep } from '@perennial/testing';
import { describe, expect, it } from 'vitest';
import { inWorld } from './in-world';
import { newUser, type World } from './world';

/** SQL statements of a turn, without those shared by all turns of a second. */
const MAX_STATEMENTS = 12;
const TURNS = 20;

/** Real: Postgres, Redis, the transport, a built chat process. Not real: config, the provider. */
describe('what a turn costs', () => {
  let world: World;
  inWorld(
    async (started) => {
      world = started;
      await world.chat('all');
      await world.db.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public');
    },
    { apart: true },
  );

  interface Statement {
    query: string;
    calls: number;
  }

  async function statements(): Promise<Statement[]> {
    const { rows } = await world.db.query<Statement>(
      `SELECT query, sum(calls)::int AS calls FROM public.pg_stat_statements WHERE query !~ '^(BEGIN|COMMIT|ROLLBACK|SET)' AND query !~ 'pg_stat_statements'
       GROUP BY query ORDER BY calls DESC`,
    );
    return rows;
  }

  it(`is at most ${MAX_STATEMENTS} SQL statements from accept to finish, title included`, async () => {
    const user = newUser();
    const turn = async (): Promise<void> => {
      const asked = await world.ask({ user, model: 'sim-t60-r60-x', title: true });
      await (await world.follow(asked.runId)).ended();
    };
    await turn();
    await sleep(1_500);
    await world.db.query('SELECT public.pg_stat_statements_reset()');
    await Promise.all(Array.from({ length: TURNS }, turn));
    await sleep(1_500);
    const seen = await statements();
    const own = seen.filter(({ calls }) => calls >= TURNS / 2);
    const shared = seen.filter(
      ({ calls, query }) => calls < TURNS / 2 && /runs|messages|chats|checkpoints|effects/.test(query),
    );
    const perTurn = own.reduce((sum, { calls }) => sum + calls, 0) / TURNS;
    const report = [...own, ...shared].map(({ calls, query }) => `${calls} ${query.replace(/\s+/g, ' ').slice(0, 90)}`);
    expect(perTurn + shared.length / TURNS, report.join('\n')).toBeLessThanOrEqual(MAX_STATEMENTS);
  }, 60_000);
});
