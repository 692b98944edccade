import { Runtime } from '@perennial/runtime';
import { callResultsMigration } from '../src/call-results';
import { type DatabaseOptions, mainSession, openDataSource, poolFrom } from '../src/data-source';
import { Database } from '../src/database';
import { defineMigration } from '../src/migration';
import { UnitOfWork } from '../src/unit-of-work';

/** The schema of the tests: one table of notes, and `call_results`. */
export const NOTES = [
  defineMigration('Notes1763000000001', {
    up: 'CREATE TABLE notes (id serial PRIMARY KEY, body text NOT NULL UNIQUE)',
  }),
  callResultsMigration(1763000000002),
];

/** Lines that were logged, parsed. */
export interface Captured {
  runtime: Runtime;
  lines: { level: string; msg: string; [field: string]: unknown }[];
}

export function capturingRuntime(name = 'test'): Captured {
  const lines: Captured['lines'] = [];
  const runtime = new Runtime({
    name,
    logStream: { write: (line: string) => void lines.push(JSON.parse(line) as Captured['lines'][number]) },
  });
  return { runtime, lines };
}

/** The same as PersistenceModule gives a service, without Nest. */
export async function openTestDatabase(
  url: string,
  options: Partial<DatabaseOptions> = {},
  onSilence?: (isSilent: boolean) => void,
) {
  const { runtime, lines } = capturingRuntime();
  const wanted = { url, schema: 'notes', migrations: NOTES, ...options };
  const dataSource = await openDataSource(wanted, runtime.log);
  const pool = poolFrom(dataSource);
  const silence = onSilence && { probe: () => pool.ask(2_000), onChange: onSilence };
  const database = new Database(pool, runtime.metrics, 'main', mainSession(wanted).local, silence);
  return {
    dataSource,
    database,
    work: new UnitOfWork(database, runtime.log),
    runtime,
    lines,
    close: () => dataSource.destroy(),
  };
}

export type TestDatabase = Awaited<ReturnType<typeof openTestDatabase>>;
