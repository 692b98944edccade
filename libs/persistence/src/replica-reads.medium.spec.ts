import { type PostgresCluster, startPostgresCluster, waitFor } from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/fixtures';
import type { Queryable } from './database';
import { HeavyReads } from './heavy-reads';
import { ReplicaReads } from './replica-reads';

interface Seen {
  port: number;
  bodies: string[];
}

// Real: a primary and an asynchronous standby, whose replay is paused, which is killed and promoted.
describe('reads of a replica', () => {
  let cluster: PostgresCluster;
  let one: TestDatabase;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ standbys: 1, database: 'notes' });
    one = await openTestDatabase(cluster.url, { connectTimeoutMs: 20_000 });
  });
  afterAll(async () => {
    await one?.close();
    await cluster?.stop();
  });

  function open(): { replicas: ReplicaReads; heavy: HeavyReads } {
    const options = {
      url: cluster.url,
      schema: 'notes',
      migrations: [],
      replicaUrls: cluster.standbys.map((standby) => standby.urlOf('notes')),
    };
    const replicas = ReplicaReads.open(options, one.database, one.runtime);
    const heavy = HeavyReads.open(options, one.database, replicas, one.runtime);
    onTestFinished(async () => void (await Promise.all([replicas.close(), heavy.close()])));
    return { replicas, heavy };
  }

  const read = async (database: Queryable): Promise<Seen> => {
    const row = await database.first<Seen>(
      `SELECT inet_server_port() AS port, coalesce((SELECT array_agg(body ORDER BY id) FROM notes), '{}') AS bodies`,
    );
    return row!;
  };
  const write = (body: string) => one.database.execute('INSERT INTO notes (body) VALUES ($1)', [body]);
  const waiter = () => ({ remainingMs: 20_000, signal: new AbortController().signal });

  it('see what was written before them, from the replica if that has it, else from the primary', async () => {
    const { replicas, heavy } = open();
    const { primary } = cluster;
    const [standby] = cluster.standbys;
    await write('first');
    await waitFor(async () => (await replicas.run(read)).port === standby!.port);
    expect(await replicas.run(read)).toEqual({ port: standby!.port, bodies: ['first'] });
    expect(await heavy.run('somebody', waiter(), read)).toEqual({ port: standby!.port, bodies: ['first'] });

    await cluster.run(standby!, 'SELECT pg_wal_replay_pause()');
    await write('second');
    for (const seen of [await replicas.run(read), await heavy.run('somebody', waiter(), read)])
      expect(seen).toEqual({ port: primary.port, bodies: ['first', 'second'] });

    await cluster.run(standby!, 'SELECT pg_wal_replay_resume()');
    await waitFor(async () => (await replicas.run(read)).port === standby!.port);
    // Every read sees the write before it, whichever server it is read from.
    for (let i = 0; i < 50; i += 1) {
      await write(`note ${i}`);
      expect((await replicas.run(read)).bodies.at(-1)).toBe(`note ${i}`);
    }
  });

  it('are answered by the primary while the replica is away, and by no replica that has another history', async () => {
    const { replicas, heavy } = open();
    const { primary } = cluster;
    const [standby] = cluster.standbys;
    await waitFor(async () => (await replicas.run(read)).port === standby!.port);
    await standby!.kill();
    expect((await replicas.run(read)).port).toBe(primary.port);
    expect((await heavy.run('somebody', waiter(), read)).port).toBe(primary.port);
    await standby!.start();
    await waitFor(async () => (await replicas.run(read)).port === standby!.port);

    // The replica becomes the primary: its own name among the replicas is no replica any more.
    await cluster.failover();
    await waitFor(() => one.database.query('SELECT 1').catch(() => undefined));
    await write('after the failover');
    expect((await replicas.run(read)).bodies.at(-1)).toBe('after the failover');
  });
});
