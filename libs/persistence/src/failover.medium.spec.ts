import { type PostgresCluster, sleep, startPostgresCluster, waitFor } from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/fixtures';

// Real: a primary with two standbys, of which one must have each commit; kill -9, promotion, and the old primary's return.
let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgresCluster({ synchronous: true, database: 'notes' });
});
afterAll(() => cluster?.stop());

/** Two pools of one process, as a service has them. */
async function open(url = cluster.url, connectTimeoutMs = 20_000): Promise<TestDatabase> {
  const opened = await openTestDatabase(url, { connectTimeoutMs });
  onTestFinished(() => opened.close());
  return opened;
}

const bodies = async (from: TestDatabase): Promise<Set<string>> =>
  new Set((await from.database.query<{ body: string }>('SELECT body FROM notes')).map(({ body }) => body));

describe('several servers', () => {
  it('of which the primary dies: every acknowledged write is on the one that is promoted', async () => {
    const one = await open();
    const acknowledged: string[] = [];
    let writing = true;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; writing; i += 1) {
        const body = `written by ${writer}: ${i}`;
        try {
          await one.work.once({ scope: 'note', key: body, request: body }, (tx) =>
            tx.execute('INSERT INTO notes (body) VALUES ($1)', [body]),
          );
          acknowledged.push(body);
        } catch (error) {
          expect(error).toMatchObject({ code: 'UNAVAILABLE' });
        }
      }
    });
    await waitFor(() => acknowledged.length > 50);
    const { dead } = await cluster.failover();
    const before = acknowledged.length;
    await waitFor(() => acknowledged.length > before + 50, { timeoutMs: 20_000 });
    writing = false;
    await Promise.all(writers);
    const kept = await bodies(one);
    expect(acknowledged.filter((body) => !kept.has(body))).toEqual([]);
    expect(one.lines.map(({ msg }) => msg)).toContain('another Postgres server is the primary now');
    await cluster.rejoin(dead);
  });

  it('of which a former primary comes back writable: it is never written to, not even when it is the only one left', async () => {
    const one = await open();
    await one.database.execute(`INSERT INTO notes (body) VALUES ('before the failover')`);
    const { dead: stale } = await cluster.failover();
    await one.database.execute(`INSERT INTO notes (body) VALUES ('after the failover')`);
    // It comes back as a primary that demands nothing of its standbys.
    await stale.start();
    await cluster.run(stale, `ALTER SYSTEM SET synchronous_standby_names = ''`);
    await cluster.run(stale, 'SELECT pg_reload_conf()');
    await cluster.run(stale, 'CREATE TABLE writable ()');

    // A process that has just started and has it first in its list.
    const reversed = cluster.urlOf('notes').replace(/@([^/]+)/, (_, hosts: string) => `@${hosts.split(',').reverse()}`);
    const processes = [one];
    for (const url of [reversed, `${cluster.url}?target_session_attrs=read-write`]) {
      const fresh = await open(url, 500);
      await fresh.database.execute(`INSERT INTO notes (body) VALUES ($1)`, [`fresh ${url}`]);
      processes.push(fresh);
    }
    // The primary dies; its standby is not promoted yet.
    const { primary } = cluster;
    await primary.kill();
    for (const { database } of processes.slice(1)) {
      // The statement that finds out that the connection is gone.
      await database.query('SELECT 1').catch(() => undefined);
      const refused = database.execute(`INSERT INTO notes (body) VALUES ('nowhere')`);
      await expect(refused).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        cause: { message: expect.stringMatching(/writable but stale: timeline \d+, another server has \d+/) as string },
      });
    }
    const writing = one.database.execute(`INSERT INTO notes (body) VALUES ('while only a stale server is writable')`);
    await sleep(300);
    await cluster.promote();
    // Until a standby has it, no commit is acknowledged.
    await cluster.rejoin(primary);
    await writing;

    expect(await bodies(one)).toContain('while only a stale server is writable');
    const onStale = await cluster.run(stale, 'SELECT body FROM notes.notes');
    expect(onStale).toContainEqual({ body: 'before the failover' });
    expect(onStale.filter(({ body }) => /after|fresh|stale/.test(String(body)))).toEqual([]);
  });
});
