import { Client } from 'pg';
import { CommandError, explain } from '../failure';
import type { Row, Source } from './source';

/** Opens the Postgres of an Open WebUI, read-only. */
export async function openPostgres(url: string): Promise<Source> {
  const client = new Client({
    connectionString: url,
    application_name: 'perennial-import',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SET default_transaction_read_only = on');
  } catch (error) {
    throw new CommandError(`The database of Open WebUI cannot be opened: ${explain(error)}`);
  }
  return {
    query: async (sql, params = []) => {
      let at = 0;
      const { rows } = await client.query<Row>(
        sql.replaceAll('?', () => `$${(at += 1)}`),
        [...params],
      );
      return rows;
    },
    bytes: (column) => `octet_length("${column}"::text)`,
    close: () => client.end(),
  };
}
