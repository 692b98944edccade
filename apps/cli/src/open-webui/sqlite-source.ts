import { existsSync } from 'node:fs';
import { CommandError, explain, UsageError } from '../failure';
import type { Row, Source } from './source';

/** The part of `node:sqlite` that is used; Node 20 does not have it. */
interface Sqlite {
  DatabaseSync: new (
    path: string,
    options: { readOnly: boolean },
  ) => {
    prepare(sql: string): { all(...params: unknown[]): Row[] };
    close(): void;
  };
}

/** Opens the SQLite file of an Open WebUI, read-only. @throws UsageError on a Node without `node:sqlite` */
export async function openSqlite(path: string): Promise<Source> {
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}.`);
  const { DatabaseSync } = await sqlite();
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    return {
      query: (sql, params = []) => Promise.resolve().then(() => database.prepare(sql).all(...params)),
      bytes: (column) => `length(CAST("${column}" AS BLOB))`,
      close: () => Promise.resolve(database.close()),
    };
  } catch (error) {
    throw new CommandError(`The file ${path} cannot be opened: ${explain(error)}`);
  }
}

async function sqlite(): Promise<Sqlite> {
  const name = 'node:sqlite';
  try {
    return (await import(name)) as Sqlite;
  } catch {
    throw new UsageError(
      `Node ${process.versions.node} cannot read SQLite. Run this command with Node 24, as the images do; a Postgres can be imported with any.`,
    );
  }
}
