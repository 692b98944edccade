import { Client } from 'pg';

const NAME = 'PlantedExpansion9000000000000';

/**
 * A schema change of a version that the running processes do not know, applied under load like an expand migration: columns, a table and an
 * index on the tables that every turn writes. It is recorded as a migration, so that both versions start on a schema newer than their code.
 */
export async function expandSchema(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '5s'`);
    await client.query(
      `ALTER TABLE chat.runs ADD COLUMN planted text, ADD COLUMN planted_count integer NOT NULL DEFAULT 0`,
    );
    await client.query(`ALTER TABLE chat.messages ADD COLUMN planted jsonb NOT NULL DEFAULT '{}'`);
    await client.query('ALTER TABLE auth.users ADD COLUMN planted text');
    await client.query(
      'CREATE TABLE chat.planted (run_id uuid PRIMARY KEY, noted_at timestamptz NOT NULL DEFAULT now())',
    );
    for (const schema of ['chat', 'auth']) {
      await client.query(`INSERT INTO ${schema}.migrations (timestamp, name) VALUES (9000000000000, $1)`, [NAME]);
    }
    await client.query('COMMIT');
    await client.query('CREATE INDEX CONCURRENTLY runs_planted ON chat.runs (planted) WHERE planted IS NOT NULL');
  } finally {
    await client.end();
  }
}
