import { migrateSchema } from '@perennial/persistence';
import { createLogger } from '@perennial/runtime';
import { freshDatabase, readDataPage } from '@perennial/testing';
import pg from 'pg';
import { expect, it } from 'vitest';
import { SERVICES } from '../src/services';

it('the page about data names every table of every service, and no other', async () => {
  const url = await freshDatabase('data');
  const log = createLogger({ level: 'silent', service: 'cli', instance: 'test' });
  for (const { name, migrations } of SERVICES) await migrateSchema({ url, schema: name, migrations }, log);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
      WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  await client.end();
  const { tables } = await readDataPage();
  expect([...tables].sort()).toEqual(rows.map(({ name }) => name).sort());
});
