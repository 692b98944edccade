import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash as bcrypt } from '@node-rs/bcrypt';
import pg from 'pg';

const PEOPLE = 100;
const CHATS_EACH = 10;
const FILES = 50;
const BASES = 5;
const BCRYPT_COST = 4;
const BEGAN = 1_700_000_000;

export const toEmail = (at: number): string => `person${at}@example.com`;
export const toPassword = (at: number): string => `Passw0rd of ${at}`;

/** The id of the n-th thing of a kind: the same in every run. */
export function toId(kind: string, at: number): string {
  const hash = createHash('sha256').update(`${kind} ${at}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** Rows by their tables, as that product writes them. */
export type Tables = Record<string, Record<string, unknown>[]>;

/** An installation of Open WebUI: 100 people with 10 chats each, 50 files of which 40 are in 5 bases, and its settings. */
export async function tables(changes: { providerUrl: string }): Promise<Tables> {
  const people = Array.from({ length: PEOPLE }, (_, at) => at);
  const files = Array.from({ length: FILES }, (_, at) => at);
  return {
    user: people.map((at) => ({
      id: toId('person', at),
      email: toEmail(at),
      name: `Person ${at}`,
      role: at === 0 ? 'admin' : 'user',
      profile_image_url: '/user.png',
      settings: { ui: { theme: 'dark' } },
      last_active_at: BEGAN + 1_000,
      created_at: BEGAN + at,
      updated_at: BEGAN + at,
    })),
    auth: await Promise.all(
      people.map(async (at) => ({
        id: toId('person', at),
        email: toEmail(at),
        password: await bcrypt(toPassword(at), BCRYPT_COST),
        active: true,
      })),
    ),
    chat: people.flatMap((person) => Array.from({ length: CHATS_EACH }, (_, nth) => chatRow(person, nth))),
    file: files.map((at) => ({
      id: toId('file', at),
      user_id: toId('person', at % 10),
      filename: `notes ${at}.txt`,
      path: `/app/backend/data/uploads/${toId('file', at)}_notes ${at}.txt`,
      meta: { name: `notes ${at}.txt`, content_type: 'text/plain', size: 1 },
      created_at: BEGAN,
      updated_at: BEGAN,
    })),
    knowledge: Array.from({ length: BASES }, (_, at) => ({
      id: toId('base', at),
      user_id: toId('person', at),
      name: `Base ${at}`,
      description: 'Notes',
      created_at: BEGAN,
      updated_at: BEGAN,
    })),
    knowledge_file: files.slice(0, 40).map((at) => ({
      id: randomUUID(),
      knowledge_id: toId('base', at % BASES),
      file_id: toId('file', at),
      user_id: toId('person', at % BASES),
      created_at: BEGAN,
      updated_at: BEGAN,
    })),
    config: Object.entries({
      'openai.enable': true,
      'openai.api_base_urls': [`${changes.providerUrl}/v1`],
      'openai.api_keys': ['sk-of-the-provider'],
      'openai.api_configs': { '0': { enable: true } },
      'ui.banners': [],
      'rag.top_k': 5,
      'rag.embedding_model': 'all-MiniLM-L6-v2',
      'rag.top_k_reranker': 2,
      'rag.reranking_engine': 'external',
      'rag.reranking_model': 'bge-reranker-v2-m3',
      'rag.external_reranker_url': 'http://reranker.example/v1/rerank',
      'rag.external_reranker_api_key': 'sk-of-the-reranker',
      'rag.external_reranker_timeout': '5',
      'audio.stt.engine': 'openai',
      'audio.stt.openai.api_base_url': 'http://speech.example/v1',
    }).map(([key, value]) => ({ key, value, updated_at: BEGAN })),
  };
}

/** Two questions; the first has two answers, and the second of them goes on. The last message is only in the table of version 0.12. */
function chatRow(person: number, nth: number): Record<string, unknown> {
  const message = (id: string, parentId: string | null, childrenIds: string[], role: string, content: string) => ({
    id,
    parentId,
    childrenIds,
    role,
    content,
    timestamp: BEGAN + nth,
    ...(role === 'assistant'
      ? { model: 'sim-t20-r300', modelName: 'sim-t20-r300', done: true, usage: null }
      : { models: ['sim-t20-r300'] }),
  });
  const file = { type: 'file', id: toId('file', person % FILES), name: 'notes' };
  const messages = [
    { ...message('q1', null, ['a1', 'a2'], 'user', `Question ${nth} of ${person}?`), files: nth === 0 ? [file] : [] },
    message('a1', 'q1', [], 'assistant', 'A first answer.'),
    message('a2', 'q1', ['q2'], 'assistant', 'A second answer.'),
    message('q2', 'a2', [], 'user', 'And then?'),
  ];
  return {
    id: toId('chat', person * CHATS_EACH + nth),
    user_id: toId('person', person),
    title: `Chat ${nth} of ${person}`,
    chat: {
      title: `Chat ${nth} of ${person}`,
      models: ['sim-t20-r300'],
      params: {},
      tags: [],
      history: { currentId: 'q2', messages: Object.fromEntries(messages.map((one) => [one.id, one])) },
    },
    meta: { tags: ['garden'] },
    pinned: nth === 0,
    archived: nth === 9,
    current_message_id: 'q2',
    created_at: BEGAN + nth,
    updated_at: BEGAN + 10 + nth,
  };
}

/** Writes the files into a directory of uploads. */
export async function writeUploads(directory: string, rows: Tables): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const file of rows['file'] ?? []) {
    const text = `${String(file['filename'])}: the plant number ${String(file['id'])} flowers in May. `;
    await writeFile(join(directory, `${String(file['id'])}_${String(file['filename'])}`), text.repeat(20));
  }
}

/** The statements that create a version's tables. */
export function readSchema(version: string, dialect: 'postgres' | 'sqlite'): Promise<string> {
  return readFile(join(import.meta.dirname, `${version}.${dialect}.sql`), 'utf8');
}

/** Makes the database of that product in an empty Postgres. */
export async function fillPostgres(url: string, version: string, rows: Tables): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(await readSchema(version, 'postgres'));
  for (const [table, list] of Object.entries(rows)) {
    const values = `json_populate_recordset(NULL::"${table}", $1)`;
    await client.query(`INSERT INTO "${table}" SELECT * FROM ${values}`, [JSON.stringify(list)]);
  }
  await client.end();
}
