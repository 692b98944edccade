import { readSchemaState } from '@perennial/persistence';
import type { Client } from 'pg';
import { besides } from '../backup/load';
import { explain, toErrorCode } from '../failure';
import { withPostgres } from '../postgres';
import { SERVICES } from '../services';
import { clockFinding, failed, type Finding, ok, warning } from './finding';

const CHECK = 'postgres';
const MIN_MAJOR = 15;

/** The server behind DATABASE_URL: version, rights, encoding, connections, clock. */
export async function checkPostgres(url: string): Promise<Finding[]> {
  try {
    return await withPostgres(url, async (client) => [
      ...(await serverFindings(client)),
      await clockFinding('postgres clock', async () => {
        const { rows } = await client.query<{ ms: number }>(
          'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
        );
        return rows[0]?.ms ?? 0;
      }),
    ]);
  } catch (error) {
    return [failed(CHECK, `it cannot be used (${toErrorCode(error) ?? 'no code'})`, explain(error))];
  }
}

async function serverFindings(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{
    version: number;
    shown: string;
    encoding: string;
    creates: boolean;
  }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS shown,
            current_setting('server_encoding') AS encoding,
            has_database_privilege(current_database(), 'CREATE') AS creates`,
  );
  const server = rows[0];
  if (server === undefined) return [];
  const findings: Finding[] = [];
  const version = `version ${server.shown}`;
  findings.push(
    Math.floor(server.version / 10_000) < MIN_MAJOR
      ? failed(CHECK, version, `Upgrade Postgres to ${MIN_MAJOR} or newer.`)
      : ok(CHECK, version),
  );
  if (server.encoding !== 'UTF8')
    findings.push(
      failed(
        'postgres encoding',
        `the database has the encoding ${server.encoding}`,
        'Create it anew with ENCODING UTF8.',
      ),
    );
  if (!server.creates)
    findings.push(
      failed(
        'postgres rights',
        'the user may not create schemas',
        'Run GRANT CREATE ON DATABASE for the user of DATABASE_URL.',
      ),
    );
  findings.push(...(await restoreFindings(client)));
  return findings;
}

/** Whether an aborted restore has left schemas. */
async function restoreFindings(client: Client): Promise<Finding[]> {
  const names = SERVICES.map(({ name }) => besides(name));
  const { rows } = await client.query<{ name: string }>(
    'SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY ($1) ORDER BY 1',
    [names],
  );
  if (rows.length === 0) return [];
  const found = rows.map(({ name }) => name);
  const drop = found.map((name) => `DROP SCHEMA ${name} CASCADE`).join('; ');
  return [
    warning(
      'restore',
      `a restore was aborted, or is under way: its schemas are ${found.join(', ')}`,
      `Wait for its end, run it again, or drop what it left: ${drop}.`,
    ),
  ];
}

/** Whether the schemas of all services fit this version. */
export async function checkSchemas(url: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, migrations } of SERVICES) {
    const { applied, pending, newer } = await readSchemaState({ url, schema: name, migrations });
    const check = `schema ${name}`;
    if (pending.length > 0)
      findings.push(failed(check, `${pending.length} migrations are missing`, 'Run `perennial migrate`.'));
    else if (newer.length > 0)
      findings.push(
        warning(
          check,
          `${newer.length} migrations are of a newer version`,
          'Finish the upgrade, or run the `perennial` of the newer version.',
        ),
      );
    else findings.push(ok(check, `${applied.length} migrations, none is missing`));
  }
  return findings;
}
