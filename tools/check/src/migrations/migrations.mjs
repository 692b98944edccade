import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { load } from '../../../build/src/generated.mjs';
import { expansionFaults } from './expansion.mjs';

const SERVICES = ['auth', 'chat', 'config', 'retrieval'];

const AcceptedSchema = z.array(
  z.object({ migration: z.string(), reason: z.string().min(20, 'must say why nobody notices') }),
);

/**
 * A migration as its service declares it.
 *
 * @typedef {{ name: string, contracts: string | undefined, statements: string[] }} DeclaredMigration
 */

/**
 * Faults of migrations: a step of an expansion that the previous version would notice, or for which others would wait. A contract migration
 * may do anything: it runs when no process of the previous version is left.
 *
 * @param {readonly DeclaredMigration[]} migrations
 * @param {unknown} accepted the content of accepted.json
 * @returns {string[]}
 */
export function migrationFaults(migrations, accepted) {
  const entries = AcceptedSchema.parse(accepted);
  const faulty = migrations
    .filter(({ contracts }) => contracts === undefined)
    .map(({ name, statements }) => ({ name, faults: expansionFaults(statements) }))
    .filter(({ faults }) => faults.length > 0);
  const stale = entries.filter(({ migration }) => !faulty.some(({ name }) => name === migration));
  return [
    ...faulty
      .filter(({ name }) => !entries.some(({ migration }) => migration === name))
      .flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)),
    ...stale.map(({ migration }) => `accepted.json: ${migration} has no such step: remove the entry`),
  ];
}

/** @returns {Promise<DeclaredMigration[]>} of all services */
export async function declaredMigrations() {
  const modules = await Promise.all(SERVICES.map((service) => load(`apps/${service}/src/migrations/index.ts`)));
  return Promise.all(
    modules
      .flatMap((module) => Object.values(module))
      .flat()
      .map(recorded),
  );
}

/** @returns {Promise<string[]>} */
export async function checkMigrations() {
  const accepted = JSON.parse(readFileSync(new URL('accepted.json', import.meta.url), 'utf8'));
  return migrationFaults(await declaredMigrations(), accepted);
}

/** What a migration would run. @type {(Migration: new () => any) => Promise<DeclaredMigration>} */
async function recorded(Migration) {
  const migration = new Migration();
  /** @type {string[]} */
  const statements = [];
  await migration.up({ query: async (/** @type {string} */ sql) => void statements.push(sql) });
  return { name: migration.name, contracts: migration.contracts, statements };
}
