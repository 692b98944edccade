import type { MigrationInterface, QueryRunner } from 'typeorm';

export interface Migration extends MigrationInterface {
  /**
   * The first version that no longer uses what this migration removes, for example `0.3.0`; undefined for an expansion, which only adds.
   */
  readonly contracts: string | undefined;
}

export type MigrationClass = new () => Migration;

export interface MigrationSteps {
  /** Statements, run in order in one transaction, with the service's schema first on the search path. */
  up: string | readonly string[];
  /**
   * Default true. False for statements that Postgres refuses in a transaction (CREATE INDEX CONCURRENTLY): one such statement each. Indexes of the
   * schema that an earlier try did not finish are dropped before.
   */
  transaction?: boolean;
  /**
   * Makes it a contract migration: it may remove and narrow. Names the first version that no longer uses what it removes. No start and no
   * upgrade applies it; `perennial migrate --contract` does, when no process of an earlier version is left.
   */
  contracts?: string;
}

/** A migration that waits longer for a lock would make all queries on that table wait behind it. */
const LOCK_TIMEOUT = '5s';

/** Indexes of this schema that were begun and not finished, and whether a process is still making an index of the same table. */
const UNFINISHED_INDEXES = `
SELECT format('%I.%I', n.nspname, c.relname) AS name,
       EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.datname = current_database() AND p.relid = i.indrelid) AS is_made
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema() AND c.relkind = 'i' AND NOT i.indisvalid`;

/**
 * A migration from SQL. Migrations only go forward: an upgrade expands first and contracts in a later version, so that the previous version
 * can run on the new schema. `npm run check` refuses a step of an expansion that the previous version would notice.
 *
 * @param name a word and 13 digits (milliseconds), for example `ChatTables1763800000000`; the digits order the migrations
 */
export function defineMigration(name: string, steps: MigrationSteps): MigrationClass {
  if (!/^\w*[A-Za-z]\d{13}$/.test(name))
    throw new Error(`migration name "${name}" must end with a timestamp of 13 digits`);
  const { transaction = true, contracts } = steps;
  return class implements Migration {
    readonly name = name;
    readonly transaction = transaction;
    readonly contracts = contracts;

    async up(runner: QueryRunner): Promise<void> {
      if (transaction) await runner.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await runner.query(`SET ${transaction ? 'LOCAL ' : ''}statement_timeout = 0`);
      if (!transaction) await dropUnfinishedIndexes(runner);
      for (const statement of typeof steps.up === 'string' ? [steps.up] : steps.up) await runner.query(statement);
    }

    down(): Promise<void> {
      return Promise.reject(new Error(`${name} cannot be undone: migrations only go forward`));
    }
  };
}

/**
 * IF NOT EXISTS would take an index that was not finished for one that is there.
 *
 * @throws as a locked table does, while Postgres is making one: it goes on after the process that asked for it has died
 */
async function dropUnfinishedIndexes(runner: QueryRunner): Promise<void> {
  // `npm run check` only collects the statements.
  const found = ((await runner.query(UNFINISHED_INDEXES)) ?? []) as { name: string; is_made: boolean }[];
  const made = found.find((index) => index.is_made);
  if (made) throw Object.assign(new Error(`the index ${made.name} is being made`), { code: '55P03' });
  for (const { name } of found) await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
}
