import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from './installation';
import { readSchema, type Tables, tables } from './open-webui/installation';

const [MAJOR = 0, MINOR = 0] = process.versions.node.split('.').map(Number);
const HAS_SQLITE = MAJOR > 22 || (MAJOR === 22 && MINOR >= 13);
const PEOPLE = 3;
const CHATS = 30;

/** Real: the built command line and services, Postgres, Redis, and the SQLite of Node where it has one. */
describe('perennial import open-webui from SQLite', () => {
  let here: Installation;
  let path: string;
  beforeAll(async () => {
    here = await Installation.create();
    path = join(here.dataDir, 'webui.db');
  }, 120_000);
  afterAll(() => here.stop());

  it.runIf(!HAS_SQLITE)('says which Node reads it', async () => {
    await writeFile(path, '');
    const refused = await here.inside(['import', 'open-webui', path]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('Node 24');
  });

  it.runIf(HAS_SQLITE)(
    'brings people and chats',
    async () => {
      await here.start('auth', 'chat', 'config');
      const { user = [], auth = [], chat = [] } = await tables({ providerUrl: 'http://127.0.0.1:1' });
      const rows = { user: user.slice(0, PEOPLE), auth: auth.slice(0, PEOPLE), chat: chat.slice(0, CHATS) };
      await fillSqlite(path, '0.11.4', rows);
      const { counts } = await here.json<{ counts: unknown }>('import', 'open-webui', path);
      expect(counts).toMatchObject({
        people: { created: PEOPLE, present: 0, omitted: 0 },
        chats: { created: CHATS, present: 0, omitted: 0 },
      });
      const again = await here.json<{ counts: unknown }>('import', 'open-webui', path);
      expect(again.counts).toMatchObject({ chats: { created: 0, present: CHATS, omitted: 0 } });
    },
    60_000,
  );
});

/** The part of `node:sqlite` that fills a database; the types of Node 20 do not have it. */
interface Sqlite {
  DatabaseSync: new (path: string) => {
    exec(sql: string): void;
    prepare(sql: string): { run(...values: unknown[]): void };
    close(): void;
  };
}

async function fillSqlite(path: string, version: string, rows: Tables): Promise<void> {
  const name = 'node:sqlite';
  const { DatabaseSync } = (await import(name)) as Sqlite;
  const database = new DatabaseSync(path);
  database.exec(await readSchema(version, 'sqlite'));
  for (const [table, list] of Object.entries(rows)) {
    for (const row of list) {
      const names = Object.keys(row).map((column) => `"${column}"`);
      const places = names.map(() => '?').join(', ');
      const insert = database.prepare(`INSERT INTO "${table}" (${names.join(', ')}) VALUES (${places})`);
      insert.run(...Object.values(row).map(toSqlite));
    }
  }
  database.close();
}

/** As SQLAlchemy writes it: booleans as numbers, JSON as text. */
function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
