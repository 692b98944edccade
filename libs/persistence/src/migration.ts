import type { MigrationInterface, QueryRunner } from 'typeorm';

export type MigrationClass = new () => MigrationInterface;

export interface MigrationSteps {
  /** Statements, run in order in one transaction, with the service's schema first on the search path. */
  up: string | readonly string[];
  /** Default true. False for statements that Postgres refuses in a transaction (CREATE INDEX CONCURRENTLY): one such statement each. */
  transaction?: boolean;
}

/** A migration that waits longer for a lock would make all queries on that table wait behind it. */
const LOCK_TIMEOUT = '5s';

/**
 * A migration from SQL. Migrations only go forward: an upgrade expands first and contracts in a later version, so that the previous version
 * can run on the new schema.
 *
 * @param name a word and 13 digits (milliseconds), for example `ChatTables1763800000000`; the digits order the migrations
 */
export function defineMigration(name: string, steps: MigrationSteps): MigrationClass {
  if (!/^\w*[A-Za-z]\d{13}$/.test(name))
    throw new Error(`migration name "${name}" must end with a timestamp of 13 digits`);
  const transaction = steps.transaction ?? true;
  return class implements MigrationInterface {
    readonly name = name;
    readonly transaction = transaction;

    async up(runner: QueryRunner): Promise<void> {
      if (transaction) await runner.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      if (transaction) await runner.query('SET LOCAL statement_timeout = 0');
      for (const statement of typeof steps.up === 'string' ? [steps.up] : steps.up) await runner.query(statement);
    }

    down(): Promise<void> {
      return Promise.reject(new Error(`${name} cannot be undone: migrations only go forward`));
    }
  };
}
