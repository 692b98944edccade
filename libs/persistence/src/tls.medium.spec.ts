import { chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Certificate,
  makeCertificate,
  type PostgresCluster,
  startPostgresCluster,
  waitFor,
} from '@perennial/testing/servers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/fixtures';
import { PrimaryLocator } from './primary-locator';

// Real: a primary and a standby with TLS, kill -9 and promotion.
describe('several servers with a certificate of an authority of our own', () => {
  let certificate: Certificate;
  let cluster: PostgresCluster;

  beforeAll(async () => {
    certificate = await makeCertificate();
    const { cert, key } = certificate;
    // Postgres does not run as root, and insists on owning its key.
    if (process.getuid?.() === 0) for (const path of [dirname(key), key]) await chown(path, 65534, 65534);
    const settings = { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key };
    cluster = await startPostgresCluster({ standbys: 1, database: 'notes', settings });
  }, 60_000);
  afterAll(() => cluster?.stop());

  async function open(tls: string): Promise<TestDatabase> {
    const opened = await openTestDatabase(`${cluster.url}?${tls}`, { connectTimeoutMs: 20_000 });
    onTestFinished(() => opened.close());
    return opened;
  }

  it('are verified, before and after a failover', async () => {
    const { database } = await open(`sslmode=verify-full&sslrootcert=${certificate.cert}`);
    const encrypted = () => database.first('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    expect(await encrypted()).toEqual({ ssl: true });
    await cluster.failover();
    expect(await waitFor(() => encrypted().catch(() => undefined))).toEqual({ ssl: true });
  });

  it('are not used when another authority is expected, and the reason is told', async () => {
    const other = await makeCertificate();
    const locator = PrimaryLocator.of(`${cluster.url}?sslmode=verify-full&sslrootcert=${other.cert}`);
    await expect(locator.find(0)).rejects.toThrow(/does not answer \(self-signed certificate\)/);
  });
});
