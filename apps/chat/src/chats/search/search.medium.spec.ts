import { randomUUID } from 'node:crypto';
import { chats, marks, tags } from '@perennial/contracts-chat';
import type { CallError, UserPrincipal } from '@perennial/contracts-kernel';
import { postgresUrl, waitFor } from '@perennial/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type ChatReplicas, startReplicas } from '../../../test/replicas';

/** Real: Postgres, with a database in the C locale, Redis, the transport, two replicas of the module. */
let started: ChatReplicas;
let caller: ChatReplicas['caller'];
let db: ChatReplicas['db'];
let owner: UserPrincipal;

const userOf = (): UserPrincipal => ({ kind: 'user', userId: randomUUID(), role: 'user', sessionId: 's' });

/** A database in which Postgres itself knows only ASCII letters. */
async function databaseInC(): Promise<string> {
  const url = new URL(postgresUrl());
  const name = `search_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'`);
  await admin.end();
  url.pathname = `/${name}`;
  return url.href;
}

beforeAll(async () => {
  started = await startReplicas('search', { DATABASE_URL: await databaseInC() });
  ({ db, caller } = started);
});
afterAll(() => started?.stop());
beforeEach(() => {
  owner = userOf();
});

const search = async (text: string, principal = owner) =>
  (await caller.rpc.call(chats.search, { text }, { principal })).items;
const titlesOf = async (text: string) => (await search(text)).map(({ title }) => title).sort();

/** A chat with one message. */
async function chatWith(text: string, title = 'A chat', principal = owner): Promise<string> {
  const message = { id: 'u', parentId: null, role: 'user' as const, content: text };
  const chat = { title, history: { currentId: 'u', messages: { u: message } } };
  return (await caller.rpc.call(chats.create, { chat }, { principal })).id;
}

const indexed = () => waitFor(async () => (await db.query('SELECT 1 FROM search_pending')).rowCount === 0);

describe('the search', () => {
  it('finds words of every script, in any case and with or without accents, in the C locale', async () => {
    await chatWith('Der große ÄRGER mit dem Übermaß', 'German');
    await chatWith('Γειά σου ΚΌΣΜΕ', 'Greek');
    await chatWith('日本語の文章を検索する', 'Japanese');
    await chatWith('Ещё одна СТРОКА', 'Russian');
    await indexed();
    expect(await titlesOf('ärger')).toEqual(['German']);
    expect(await titlesOf('ARGER')).toEqual(['German']);
    expect(await titlesOf('κόσμε')).toEqual(['Greek']);
    expect(await titlesOf('строка')).toEqual(['Russian']);
    expect(await titlesOf('日本語')).toEqual(['Japanese']);
    expect(await titlesOf('検索')).toEqual(['Japanese']);
    expect(await titlesOf('章')).toEqual(['Japanese']);
    expect(await titlesOf('日語')).toEqual([]);
    expect((await search('ärger'))[0]?.snippet).toBe('Der große ÄRGER mit dem Übermaß');
  });

  it('finds parts of words from three characters on, but no part across two words', async () => {
    await chatWith('Arbeitssicherheit und Prüfberichte', 'Whole');
    // Has all trigrams of "eedle", but in no single word.
    await chatWith('heed peddle needed edle', 'Pieces');
    await indexed();
    expect(await titlesOf('sicherheit')).toEqual(['Whole']);
    expect(await titlesOf('üfb')).toEqual(['Whole']);
    expect(await titlesOf('sicherheit prüf')).toEqual(['Whole']);
    expect(await titlesOf('sicherheit heed')).toEqual([]);
    expect(await titlesOf('eedle')).toEqual([]);
    expect(await titlesOf('un')).toEqual([]);
    expect(await titlesOf('und')).toEqual(['Whole']);
    expect(await titlesOf('%')).toEqual([]);
  });

  it('finds titles, follows every change, and forgets with the chat', async () => {
    const chatId = await chatWith('first wording', 'Überschrift');
    await indexed();
    expect(await titlesOf('überschrift')).toEqual(['Überschrift']);
    const message = { id: 'u', role: 'user' as const, content: 'second wording' };
    await caller.rpc.call(
      chats.update,
      { chatId, chat: { title: 'Anders', history: { messages: { u: message } } } },
      { principal: owner },
    );
    expect(await titlesOf('second')).toEqual(['Anders']);
    await indexed();
    expect(await titlesOf('second')).toEqual(['Anders']);
    expect(await titlesOf('first')).toEqual([]);
    expect(await titlesOf('überschrift')).toEqual([]);
    await db.query('DELETE FROM chats WHERE id = $1', [chatId]);
    expect((await db.query('SELECT 1 FROM search_words WHERE chat_id = $1', [chatId])).rowCount).toBe(0);
  });

  it('leads to the message, and tells where the words are in the snippet', async () => {
    await chatWith(`${'word '.repeat(100)}große Übermaß`, 'Long');
    const wordsIn = async (text: string) => {
      const [hit] = await search(text);
      expect(hit).toMatchObject({ title: 'Long', message_id: 'u' });
      return hit?.snippet_ranges?.map(({ from, to }) => hit.snippet?.slice(from, to));
    };
    // Not indexed yet: the text itself is read.
    expect(await wordsIn('große')).toEqual(['große']);
    await indexed();
    expect(await wordsIn('übermaß gross')).toEqual(['groß', 'Übermaß']);
    expect((await search('long'))[0]).not.toHaveProperty('message_id');
  });

  it('finds chats by what they are', async () => {
    const ids = new Map<string, string>();
    for (const title of ['Plain', 'Pinned', 'Tagged', 'Archived']) ids.set(title, await chatWith('roses', title));
    const chatId = (title: string) => ids.get(title)!;
    await caller.rpc.call(marks.pin, { chatId: chatId('Pinned') }, { principal: owner });
    await caller.rpc.call(marks.archive, { chatId: chatId('Archived') }, { principal: owner });
    for (const name of ['Garden', 'Old Trees'])
      await caller.rpc.call(tags.add, { chatId: chatId('Tagged'), name }, { principal: owner });
    for (const text of ['', 'roses ']) {
      expect(await titlesOf(`${text}pinned:true`)).toEqual(['Pinned']);
      expect(await titlesOf(`${text}pinned:false`)).toEqual(['Plain', 'Tagged']);
      expect(await titlesOf(`${text}archived:true`)).toEqual(['Archived']);
      expect(await titlesOf(`${text}tag:"old trees" tag:garden`)).toEqual(['Tagged']);
      expect(await titlesOf(`${text}tag:garden tag:other`)).toEqual([]);
      expect(await titlesOf(`${text}tag:none`)).toEqual(['Pinned', 'Plain']);
      expect(await titlesOf(`${text}shared:false`)).toEqual(['Pinned', 'Plain', 'Tagged']);
      expect(await titlesOf(`${text}folder:work`)).toEqual([]);
    }
    expect(await titlesOf('tag:garden thorns')).toEqual([]);
    expect(await titlesOf('tag:garden %')).toEqual([]);
    expect((await search('tag:garden', userOf())).length).toBe(0);
  });

  it('never finds another user’s text', async () => {
    const other = userOf();
    await chatWith('a shared word: zanzibar', 'Mine');
    await chatWith('a shared word: zanzibar', 'Theirs', other);
    await indexed();
    expect(await titlesOf('zanzibar')).toEqual(['Mine']);
    expect(await titlesOf(other.userId.slice(0, 8))).toEqual([]);
  });

  it('finds a word at the end of a long text', async () => {
    await chatWith(`${'lorem ipsum dolor '.repeat(30_000)} zyzzyva`, 'Long');
    await indexed();
    const [hit] = await search('zyzzyva');
    expect(hit).toMatchObject({ title: 'Long', snippet: expect.stringContaining('zyzzyva') as string });
  });
});

describe('the index', () => {
  it('indexes what the previous version writes; searches are correct before that', async () => {
    const { rows } = await db.query<{ id: string }>(
      `INSERT INTO chats (id, user_id, title) VALUES (gen_random_uuid(), $1, 'Old version') RETURNING id`,
      [owner.userId],
    );
    const chatId = rows[0]?.id;
    const write = (text: string) =>
      db.query(
        `INSERT INTO messages (chat_id, id, role, content) VALUES ($1, 'm', 'user', $2)
         ON CONFLICT (chat_id, id) DO UPDATE SET content = excluded.content`,
        [chatId, text],
      );
    await write('written by the version before');
    expect(await titlesOf('version before')).toEqual(['Old version']);
    await indexed();
    expect(await titlesOf('version before')).toEqual(['Old version']);
    await write('and changed by it');
    expect(await titlesOf('changed')).toEqual(['Old version']);
    await indexed();
    expect(await titlesOf('changed')).toEqual(['Old version']);
  });

  it('indexes older rows, resuming after a killed process; searches are correct meanwhile', async () => {
    await db.query(
      `WITH c AS (INSERT INTO chats (id, user_id, title) SELECT gen_random_uuid(), $1, 'Early ' || n FROM generate_series(1, 150) n RETURNING id)
       INSERT INTO messages (chat_id, id, role, content) SELECT id, 'm', 'user', 'a heirloom of sorts' FROM c`,
      [owner.userId],
    );
    // The state before any pass: half of the chats were claimed by a process that is gone, the rest is pending.
    const client = await db.connect();
    await client.query('BEGIN');
    await client.query('LOCK TABLE search_pending, search_walk IN ACCESS EXCLUSIVE MODE');
    await client.query('TRUNCATE search_words, search_pending');
    await client.query(`WITH halves AS (SELECT id, ntile(2) OVER (ORDER BY id) AS half FROM chats),
      claimed AS (INSERT INTO search_pending (chat_id, message_id, claimed_at)
        SELECT id, unnest(ARRAY['', 'm']), now() - interval '29 seconds' FROM halves WHERE half = 1)
      UPDATE search_walk SET done = false, walked = (SELECT id FROM halves WHERE half = 1 ORDER BY id DESC LIMIT 1)`);
    await client.query('COMMIT');
    client.release();
    expect((await search('heirloom')).length).toBe(60);
    const late = await started.startAnother();
    onTestFinished(() => late.stop());
    await waitFor(async () => (await db.query('SELECT 1 FROM search_walk WHERE done')).rowCount === 1);
    await indexed();
    const { rows } = await db.query(
      `SELECT count(*)::int AS count FROM search_words w JOIN chats c ON c.id = w.chat_id WHERE c.user_id = $1`,
      [owner.userId],
    );
    expect(rows).toEqual([{ count: 300 }]);
    expect((await search('heirloom')).length).toBe(60);
  });
});

describe('slow searches', () => {
  it('end with their callers, are limited for each user, and do not delay others', async () => {
    const other = userOf();
    await chatWith('a text', 'Theirs', other);
    await indexed();
    const blocker = await db.connect();
    await blocker.query('BEGIN');
    // Every search waits for it, as it would for gigabytes.
    await blocker.query('LOCK TABLE messages IN ACCESS EXCLUSIVE MODE');
    const searches = Promise.allSettled(
      Array.from({ length: 40 }, () =>
        caller.rpc.call(chats.search, { text: 'word' }, { principal: owner, deadlineMs: 2_000 }),
      ),
    );
    const running = async () =>
      (
        await db.query(
          `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND wait_event_type = 'Lock' AND query LIKE '%search_walk%tsquery%'`,
        )
      ).rowCount ?? 0;
    await waitFor(async () => (await running()) > 0);
    const lists = Array.from({ length: 30 }, () => caller.rpc.call(chats.list, {}, { principal: other }));
    expect((await Promise.all(lists)).map(({ items }) => items.length)).toEqual(Array<number>(30).fill(1));
    // Two in each of two replicas.
    expect(await running()).toBeLessThanOrEqual(4);
    const codes = (await searches).map((each) =>
      each.status === 'rejected' ? (each.reason as CallError).code : 'answered',
    );
    expect([...new Set(codes)].sort()).toEqual(['DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED']);
    await waitFor(async () => (await running()) === 0);
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await titlesOf('text')).toEqual([]);
  });
});
