import { describe, expect, it } from 'vitest';
import { checkMigrations, declaredMigrations, migrationFaults } from './migrations.mjs';

const planted = (statements: string[], contracts?: string) =>
  migrationFaults([{ name: 'Planted1764000000000', contracts, statements }], []);

describe('a migration', () => {
  it.each([
    ['a table', 'DROP TABLE runs'],
    ['a table among others', 'CREATE TABLE a (id int); DROP TABLE IF EXISTS runs CASCADE'],
    ['an index', 'DROP INDEX runs_queued'],
    ['a trigger', 'DROP TRIGGER note_title ON chats'],
    ['a column', 'ALTER TABLE runs ADD COLUMN a text, DROP COLUMN documents'],
    ['the name of a column', 'ALTER TABLE runs RENAME COLUMN owner TO holder'],
    ['the name of a table', 'ALTER TABLE runs RENAME TO answers'],
    ['the schema of a table', 'ALTER TABLE runs SET SCHEMA other'],
    ['a type', 'ALTER TABLE runs ALTER COLUMN attempt TYPE smallint'],
    ['null', 'ALTER TABLE runs ALTER COLUMN title SET NOT NULL'],
    ['the certainty that there is no null', 'ALTER TABLE runs ALTER COLUMN model DROP NOT NULL'],
    ['a default', 'ALTER TABLE runs ALTER COLUMN attempt DROP DEFAULT'],
    ['inserts without a new column', 'ALTER TABLE runs ADD COLUMN a text NOT NULL'],
    ['writes while a table is rewritten', 'ALTER TABLE runs ADD COLUMN a uuid DEFAULT gen_random_uuid()'],
    ['the same, by an identity', 'ALTER TABLE runs ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY'],
    ['writes while an index is built', 'CREATE INDEX runs_model ON runs (model)'],
    ['the same, by a constraint', 'ALTER TABLE runs ADD COLUMN a text UNIQUE'],
    ['two equal rows', 'CREATE UNIQUE INDEX CONCURRENTLY runs_model ON runs (model)'],
    ['the same, by a constraint of the table', 'ALTER TABLE runs ADD CONSTRAINT one UNIQUE (model)'],
    ['values', `ALTER TABLE runs ADD CONSTRAINT known CHECK (kind IN ('turn')) NOT VALID`],
    ['rows without a reference', 'ALTER TABLE runs ADD FOREIGN KEY (chat_id) REFERENCES chats (id)'],
    ['a constraint that ON CONFLICT names', 'ALTER TABLE runs DROP CONSTRAINT runs_pkey'],
    ['writers, by one statement for all rows', `UPDATE runs SET model = 'a'`],
    ['writers, by one for many', `UPDATE runs SET model = 'a' WHERE model = 'b'`],
    ['rows', 'DELETE FROM runs WHERE ended_at IS NULL'],
    ['all rows', 'TRUNCATE runs'],
    ['writers, by copying a table', 'INSERT INTO usage SELECT id FROM runs'],
    ['what nobody can read', 'DO $$ BEGIN EXECUTE 1; END $$'],
    ['what the rules do not know', 'ALTER TABLE runs DISABLE TRIGGER ALL'],
    ['the same, as a statement', 'LOCK TABLE runs'],
    ['a value of an enumeration', `ALTER TYPE kind RENAME VALUE 'turn' TO 'answer'`],
  ])('may not take away %s', (_, sql) => {
    expect(planted([sql])).not.toEqual([]);
  });

  it.each([
    [
      'a table with everything',
      ['CREATE TABLE a (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), b text UNIQUE)', 'CREATE INDEX b ON a (b)'],
    ],
    [
      'columns',
      [
        `ALTER TABLE runs ADD COLUMN a text, ADD COLUMN b jsonb NOT NULL DEFAULT '{}', ADD c timestamptz NOT NULL DEFAULT now()`,
      ],
    ],
    ['a rule about a new column', ['ALTER TABLE runs ADD COLUMN a int, ADD CONSTRAINT small CHECK (a < 9)']],
    [
      'a new column with a reference',
      ['ALTER TABLE runs ADD COLUMN a uuid', 'ALTER TABLE runs ADD FOREIGN KEY (a) REFERENCES chats (id)'],
    ],
    ['an index', ['CREATE INDEX CONCURRENTLY runs_model ON runs (model)']],
    [
      'a function and a trigger',
      [
        'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER t AFTER INSERT ON runs EXECUTE FUNCTION f()',
      ],
    ],
    ['a row', ['CREATE TABLE a (id int)', 'INSERT INTO a VALUES (1)', 'UPDATE a SET id = 2']],
    ['a value of an enumeration', [`ALTER TYPE kind ADD VALUE 'search'`]],
    ['a default', [`ALTER TABLE runs ALTER COLUMN title SET DEFAULT ''`]],
  ])('may add %s', (_, statements) => {
    expect(planted(statements)).toEqual([]);
  });

  it('may do anything if it is a contraction', () => {
    expect(planted(['DROP TABLE runs'], '0.2.0')).toEqual([]);
  });

  it('is told what to do instead', () => {
    expect(planted(['ALTER TABLE runs DROP COLUMN documents'])).toEqual([
      'Planted1764000000000: DROP COLUMN runs.documents: the previous version may use it: stop using it in this version, ' +
        'and remove it in a contract migration of the next',
    ]);
  });

  it('is accepted with a reason, and only while it has such a step', () => {
    const migrations = [{ name: 'Planted1764000000000', contracts: undefined, statements: ['DROP TABLE runs'] }];
    const accepted = [
      { migration: 'Planted1764000000000', reason: 'it was released before there was a second version' },
    ];
    expect(migrationFaults(migrations, accepted)).toEqual([]);
    expect(migrationFaults([], accepted)).toEqual([
      'accepted.json: Planted1764000000000 has no such step: remove the entry',
    ]);
  });

  it('of a service passes', async () => {
    expect((await declaredMigrations()).length).toBeGreaterThan(20);
    expect(await checkMigrations()).toEqual([]);
  }, 60_000);
});
