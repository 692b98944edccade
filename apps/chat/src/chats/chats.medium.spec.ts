import { randomUUID } from 'node:crypto';
import { chats, runs } from '@perennial/contracts-chat';
import {
  ANONYMOUS,
  type Call,
  type CallRequest,
  type Principal,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { waitFor } from '@perennial/testing';
import type { RunPublisher } from '@perennial/transport';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChatReplicas, startReplicas } from '../../test/replicas';
import { RUN_PUBLISHER } from '../runs/run-publisher';

/**
 * Real: Postgres, Redis, the transport, two replicas of the module that answer calls. The test itself writes the answers.
 */
let started: ChatReplicas;
let caller: ChatReplicas['caller'];
let replicas: ChatReplicas['replicas'];
let db: ChatReplicas['db'];
let owner: UserPrincipal;

const userOf = (): UserPrincipal => ({ kind: 'user', userId: randomUUID(), role: 'user', sessionId: 's' });
const call = <C extends Call>(which: C, request: CallRequest<C>, principal: Principal = owner, key?: string) =>
  caller.rpc.call(which, request, { principal, key });

beforeAll(async () => {
  started = await startReplicas('chats');
  ({ replicas, db, caller } = started);
});
afterAll(() => started?.stop());
beforeEach(() => {
  owner = userOf();
});

const conversation = (text = 'What is a perennial?', answer = 'A plant that lives for years.') => ({
  title: 'Plants',
  models: ['sim'],
  system: 'Be brief',
  history: {
    currentId: 'a1',
    messages: {
      u1: {
        id: 'u1',
        parentId: null,
        childrenIds: ['a1'],
        role: 'user' as const,
        content: text,
        timestamp: 1_700_000_000,
        models: ['sim'],
      },
      a1: {
        id: 'a1',
        parentId: 'u1',
        childrenIds: [],
        role: 'assistant' as const,
        content: answer,
        model: 'sim',
        done: true,
      },
    },
  },
});

/** A turn; the test acts as its worker. */
async function turn(chatId?: string) {
  const accepted = await call(runs.accept, {
    chatId,
    parentId: chatId ? 'a1' : null,
    userMessage: { id: `u-${randomUUID()}`, content: 'Go on' },
    answers: [{ messageId: `a-${randomUUID()}`, modelId: 'sim' }],
  });
  const run = accepted.runs[0];
  if (!run) throw new Error('no run');
  await db.query(
    `UPDATE runs SET state = 'running', epoch = 1, owner = (SELECT id FROM processes LIMIT 1) WHERE id = $1`,
    [run.runId],
  );
  const publisher = replicas[0]?.app.get<RunPublisher>(RUN_PUBLISHER, { strict: false });
  if (!publisher) throw new Error('no publisher');
  const identity = {
    runId: run.runId,
    userId: owner.userId,
    model: 'sim',
    chatId: accepted.chatId,
    messageId: run.messageId,
  };
  return { ...accepted, ...run, publisher, identity };
}

describe('a chat', () => {
  it('is created from a blob, once', async () => {
    const made = await call(chats.create, { chat: conversation(), folderId: 'f' }, owner, 'create');
    expect(await call(chats.create, { chat: conversation(), folderId: 'f' }, owner, 'create')).toEqual(made);
    const other = call(chats.create, { chat: conversation('Another') }, owner, 'create');
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect(made).toMatchObject({
      user_id: owner.userId,
      title: 'Plants',
      folder_id: 'f',
      current_message_id: 'a1',
      share_id: null,
    });
    expect(made.chat).toMatchObject({ models: ['sim'], system: 'Be brief', history: { currentId: 'a1' } });
    expect(made.chat.history?.messages.u1).toEqual({
      ...conversation().history.messages.u1,
      childrenIds: ['a1'],
    });
    expect(await call(chats.get, { chatId: made.id })).toEqual(made);
    expect((await call(chats.list, { page: 1 })).items.map(({ id }) => id)).toEqual([made.id]);
  });

  it('changes only the fields of an update', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    const renamed = await call(chats.update, { chatId, chat: { title: 'Renamed' } }, owner, 'rename');
    expect(renamed).toMatchObject({
      title: 'Renamed',
      current_message_id: 'a1',
      chat: { system: 'Be brief', models: ['sim'] },
    });
    expect(await call(chats.update, { chatId, chat: { title: 'Renamed' } }, owner, 'rename')).toMatchObject({
      title: 'Renamed',
    });
    const history = {
      currentId: 'a2',
      messages: {
        u1: { id: 'u1', role: 'user' as const, content: 'Edited', childrenIds: ['a1', 'a2'] },
        a2: {
          id: 'a2',
          parentId: 'u1',
          role: 'assistant' as const,
          content: 'Another answer',
          annotation: { rating: 1 },
        },
      },
    };
    const changed = await call(chats.update, { chatId, chat: { history, files: [{ id: 'f' }] } });
    expect(changed.chat.history).toMatchObject({
      currentId: 'a2',
      messages: {
        u1: { content: 'Edited', childrenIds: ['a1', 'a2'], models: ['sim'], timestamp: 1_700_000_000 },
        a1: { content: 'A plant that lives for years.' },
        a2: { content: 'Another answer', annotation: { rating: 1 } },
      },
    });
    expect(changed.chat.files).toEqual([{ id: 'f' }]);
  });

  it('writes only the rows that have changed', async () => {
    const made = await call(chats.create, { chat: conversation() });
    const versions = () =>
      db
        .query<{ id: string; xmin: string }>('SELECT id, xmin FROM messages WHERE chat_id = $1 ORDER BY seq', [made.id])
        .then(({ rows }) => rows);
    const before = await versions();
    await call(chats.update, { chatId: made.id, chat: made.chat });
    expect(await versions()).toEqual(before);
  });

  it('stays where it is in the list when only another branch of it is shown', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    await db.query(`UPDATE chats SET updated_at = 'epoch' WHERE id = $1`, [chatId]);
    const shown = await call(chats.update, { chatId, chat: { history: { currentId: 'u1' } } });
    expect(shown).toMatchObject({ updated_at: 0, current_message_id: 'u1' });
    expect((await call(chats.update, { chatId, chat: { title: 'Renamed' } })).updated_at).toBeGreaterThan(0);
  });

  it('takes concurrent updates one after another', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    const add = (n: number) => {
      const messages = { [`n${n}`]: { id: `n${n}`, parentId: 'a1', role: 'user' as const, content: `${n}` } };
      return call(chats.update, { chatId, chat: { history: { messages }, [`field${n}`]: n } });
    };
    await Promise.all(Array.from({ length: 12 }, (_, n) => add(n)));
    const { chat } = await call(chats.get, { chatId });
    expect(Object.keys(chat.history?.messages ?? {})).toHaveLength(14);
    for (let n = 0; n < 12; n += 1) expect(chat[`field${n}`]).toBe(n);
  });

  it('stores characters that Postgres refuses', async () => {
    const made = await call(chats.create, { chat: conversation('nul \u0000 and half \ud800 pair', 'ok') });
    expect(made.chat.history?.messages.u1?.content).toBe('nul  and half \ufffd pair');
  });

  it('stores times far from now', async () => {
    const times = { early: 86_400, late: 4_102_444_800, last: 99_999_999_999 };
    const messages = Object.fromEntries(
      Object.entries(times).map(([id, timestamp]) => [id, { id, role: 'user' as const, content: id, timestamp }]),
    );
    const { id: chatId } = await call(chats.create, { chat: { history: { messages } } });
    const { history } = (await call(chats.get, { chatId })).chat;
    for (const [id, timestamp] of Object.entries(times)) expect(history?.messages[id]?.timestamp).toBe(timestamp);
  });

  it('is marked as read', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    const { lastReadAt } = await call(chats.markRead, { chatId });
    expect(lastReadAt).toBeGreaterThan(Date.now() / 1000 - 60);
    expect((await call(chats.list, {})).items[0]?.last_read_at).toBe(lastReadAt);
  });

  it('stays read when its owner renames it, and stays unread', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    const renamedAfter = async (readAt: string) => {
      await db.query(
        `UPDATE chats SET updated_at = now() - interval '1 hour', last_read_at = now() - $2::interval WHERE id = $1`,
        [chatId, readAt],
      );
      await call(chats.update, { chatId, chat: { title: `Read ${readAt} ago` } });
      const { updated_at: at, last_read_at: lastReadAt } = (await call(chats.list, {})).items[0] ?? {};
      return (at ?? 0) - (lastReadAt ?? 0);
    };
    expect(await renamedAfter('1 minute')).toBe(0);
    expect(await renamedAfter('2 hours')).toBe(7_200);
  });
});

describe('a large chat', () => {
  it('from before the limit is read page by page, each message once', async () => {
    const { id: chatId } = await call(chats.create, { chat: { title: 'Old and large' } });
    await db.query(
      `INSERT INTO messages (chat_id, id, parent_id, role, content, extra, content_parts)
       SELECT $1, 'm' || n, CASE WHEN n > 1 THEN 'm' || n - 1 END, 'user', repeat(chr(97 + n % 26), 400000),
              jsonb_build_object('note', repeat('n', 100000)), CASE WHEN n = 7 THEN jsonb_build_array(jsonb_build_object('type', 'image_url',
              'image_url', jsonb_build_object('url', 'data:image/png;base64,' || repeat('A', 5000000)))) END
         FROM generate_series(1, 14) n`,
      [chatId],
    );
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const { chat } = await call(chats.get, { chatId, before });
      const messages = Object.values(chat.history?.messages ?? {});
      expect(messages.length).toBeGreaterThan(0);
      expect(messages.every(({ content }) => (content as string).length === 400_000 || Array.isArray(content))).toBe(
        true,
      );
      seen.unshift(...messages.map(({ id }) => id));
      before = chat.history?.before;
    } while (before !== undefined);
    expect(seen).toEqual(Array.from({ length: 14 }, (_, n) => `m${n + 1}`));
    const renamed = await call(chats.update, { chatId, chat: { title: 'Renamed' } });
    expect(renamed).toMatchObject({ title: 'Renamed', chat: { history: { before: expect.any(String) as string } } });
  });

  it('with more messages than are measured for a page is read to its beginning', async () => {
    const { id: chatId } = await call(chats.create, { chat: { title: 'Many' } });
    await db.query(
      `INSERT INTO messages (chat_id, id, role) SELECT $1, 'm' || n, 'user' FROM generate_series(1, 7000) n`,
      [chatId],
    );
    const newest = (await call(chats.get, { chatId })).chat.history;
    const oldest = (await call(chats.get, { chatId, before: newest?.before })).chat.history;
    const seen = [oldest, newest].flatMap((page) => Object.keys(page?.messages ?? {}));
    expect(seen).toEqual(Array.from({ length: 7_000 }, (_, n) => `m${n + 1}`));
    expect(oldest?.before).toBeUndefined();
  });

  it('of the largest body is created, returned and read again, with its text once', async () => {
    const text = 'x'.repeat(7_500_000);
    const made = await call(chats.create, { chat: conversation(text) }, owner, 'large');
    expect(made.chat.history?.before).toBe('a1');
    const older = await call(chats.get, { chatId: made.id, before: 'a1' });
    expect(older.chat.history?.messages.u1?.content).toBe(text);
    expect(JSON.stringify(older).length).toBeLessThan(text.length + 10_000);
  });

  it('that is too large for a reply is refused before it is written', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    const grow = (field: string, bytes: number) =>
      call(chats.update, {
        chatId,
        chat: { history: { messages: { u1: { id: 'u1', role: 'user', [field]: 'x'.repeat(bytes) } } } },
      });
    await grow('one', 5_000_000);
    await expect(grow('two', 5_000_000)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await call(chats.update, { chatId, chat: { one: 'x'.repeat(1_500_000) } });
    await expect(
      call(chats.update, { chatId, chat: { two: 'x'.repeat(1_500_000), title: 'No' } }),
    ).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await expect(call(chats.create, { chat: { ...conversation(), one: 'x'.repeat(2_500_000) } })).rejects.toMatchObject(
      {
        code: 'PAYLOAD_TOO_LARGE',
      },
    );
    const { items } = await call(chats.list, {});
    expect(items.map(({ title }) => title)).toEqual(['Plants']);
    const { chat } = await call(chats.get, { chatId, before: 'a1' });
    expect(chat.history?.messages.u1).not.toHaveProperty('two');
    expect(chat).not.toHaveProperty('two');
  });
});

describe('an answer that is being written', () => {
  it('is shown with its live text, listed as active, and left alone by updates', async () => {
    const { id } = await call(chats.create, { chat: conversation() });
    const { chatId, messageId, runId, publisher, identity } = await turn(id);
    expect(chatId).toBe(id);
    await publisher.acquire(runId, 1);
    const writer = publisher.open(identity, { epoch: 1, generation: 1, text: '' }, () => undefined);
    writer.append('Half of ');
    writer.append('the answer');
    await writer.flush();
    const shown = await call(chats.get, { chatId });
    expect(shown.chat.history?.messages[messageId]).toMatchObject({ content: 'Half of the answer', done: false });
    expect((await call(chats.list, {})).items[0]).toMatchObject({ id: chatId, active: true });
    const stale = {
      ...shown.chat.history?.messages[messageId],
      id: messageId,
      role: 'assistant' as const,
      content: 'Mine',
      done: true,
    };
    await call(chats.update, {
      chatId,
      chat: { title: 'While it runs', history: { messages: { [messageId]: stale } } },
    });
    writer.append(', and more');
    await writer.flush();
    const later = await call(chats.get, { chatId });
    expect(later.title).toBe('While it runs');
    expect(later.chat.history?.messages[messageId]).toMatchObject({
      content: 'Half of the answer, and more',
      done: false,
    });
    writer.release();
  });

  it('is shown from its checkpoints when Redis has lost it', async () => {
    const { chatId, messageId, runId } = await turn();
    await db.query(
      `INSERT INTO run_checkpoints (run_id, generation, epoch, start, text) VALUES ($1, 1, 1, 0, 'Kept in '), ($1, 1, 1, 8, 'Postgres')`,
      [runId],
    );
    const { chat } = await call(chats.get, { chatId });
    expect(chat.history?.messages[messageId]).toMatchObject({ content: 'Kept in Postgres', done: false });
  });

  it('is cancelled with its chat, which is deleted at once and once', async () => {
    const { chatId, runId } = await turn();
    const queued = await call(runs.accept, {
      chatId,
      parentId: null,
      userMessage: { id: 'another', content: 'Go on' },
      answers: [{ messageId: 'another-answer', modelId: 'sim' }],
    });
    expect(await call(chats.remove, { chatId }, owner, 'delete')).toEqual({ deleted: true });
    expect(await call(chats.remove, { chatId }, owner, 'delete')).toEqual({ deleted: true });
    await expect(call(chats.remove, { chatId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(call(chats.get, { chatId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { rows } = await db.query('SELECT cancel_requested_at IS NOT NULL AS cancelled FROM runs WHERE id = $1', [
      runId,
    ]);
    expect(rows).toEqual([{ cancelled: true }]);
    const never = queued.runs[0]?.runId ?? '';
    await waitFor(async () => (await call(runs.get, { runId: never })).state === 'cancelled');
    expect((await db.query('SELECT 1 FROM messages WHERE chat_id = $1', [chatId])).rowCount).toBe(0);
  });
});

describe('the list', () => {
  it('has 60 a page, newest first or as requested, archived ones separately', async () => {
    await db.query(
      `INSERT INTO chats (id, user_id, title, updated_at, created_at, pinned, archived)
       SELECT gen_random_uuid(), $1, 'Chat ' || n, now() - n * interval '1 minute', now() - n * interval '1 hour', n = 3, n = 4 FROM generate_series(1, 70) n`,
      [owner.userId],
    );
    const titles = async (request: CallRequest<typeof chats.list>) =>
      (await call(chats.list, request)).items.map(({ title }) => title);
    expect(await titles({ page: 1 })).toHaveLength(60);
    expect(await titles({ page: 2 })).toHaveLength(9);
    expect(await titles({})).toHaveLength(69);
    expect((await titles({ page: 1 })).slice(0, 4)).toEqual(['Chat 1', 'Chat 2', 'Chat 3', 'Chat 5']);
    expect((await titles({ sortBy: 'created_at', direction: 'asc' }))[0]).toBe('Chat 70');
    expect((await titles({ sortBy: 'title', direction: 'asc' })).slice(0, 2)).toEqual(['Chat 1', 'Chat 10']);
    expect(await titles({ pinned: true })).toEqual(['Chat 3']);
    expect(await titles({ archived: true })).toEqual(['Chat 4']);
  });

  it('is searched by title and text, with wildcards as literals, with a snippet', async () => {
    const long = `${'word '.repeat(100)}Needle 100% here${' word'.repeat(100)}`;
    const inText = await call(chats.create, { chat: { ...conversation(long), title: 'Hay' } });
    const inTitle = await call(chats.create, { chat: { ...conversation(), title: 'The needle' } });
    const other = userOf();
    await call(chats.create, { chat: { ...conversation(long), title: 'Needle of another' } }, other);
    const search = async (text: string) => (await call(chats.search, { text })).items;
    const found = await search('needle');
    expect(found.map(({ id }) => id).sort()).toEqual([inText.id, inTitle.id].sort());
    const { snippet } = found.find(({ id }) => id === inText.id) ?? {};
    expect(snippet).toContain('Needle 100% here');
    expect(snippet?.length).toBeLessThanOrEqual(160);
    expect(found.find(({ id }) => id === inTitle.id)).not.toHaveProperty('snippet');
    expect((await search('100%')).map(({ id }) => id)).toEqual([inText.id]);
    expect(await search('e_dle')).toEqual([]);
    expect(await search('  ')).toHaveLength(2);
  });
});

describe('access', () => {
  it('to see, change or delete a chat is its owner’s only', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    const calls: [Call, unknown][] = [
      [chats.get, { chatId }],
      [chats.update, { chatId, chat: { title: 'Mine now' } }],
      [chats.remove, { chatId }],
      [chats.markRead, { chatId }],
    ];
    const admin: UserPrincipal = { ...userOf(), role: 'admin' };
    for (const [which, request] of calls) {
      for (const stranger of [userOf(), admin]) {
        await expect(call(which, request, stranger), which.pattern).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
    }
    expect((await call(chats.get, { chatId })).title).toBe('Plants');
    const all: [Call, unknown][] = [
      ...calls,
      [chats.list, {}],
      [chats.search, { text: 'x' }],
      [chats.create, { chat: {} }],
    ];
    for (const [which, request] of all) {
      await expect(call(which, request, ANONYMOUS), which.pattern).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(call(which, request, { ...owner, role: 'pending' })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      });
    }
    expect((await call(chats.list, {}, userOf())).items).toEqual([]);
  });

  it('to delete another user’s chats is for admins and services only', async () => {
    const { id: chatId } = await call(chats.create, { chat: conversation() });
    await turn(chatId);
    const victim = { userId: owner.userId };
    await expect(call(chats.removeOfUser, victim, userOf())).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(call(chats.removeOfUser, victim, owner)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(call(chats.removeOfUser, victim, ANONYMOUS)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await call(chats.removeOfUser, victim, { ...userOf(), role: 'admin' })).toEqual({ deleted: 1 });
    expect((await call(chats.list, {})).items).toEqual([]);
    expect((await call(runs.active, { chatId })).runs).toHaveLength(1);
    const { rows } = await db.query(
      'SELECT bool_and(cancel_requested_at IS NOT NULL) AS cancelled FROM runs WHERE user_id = $1',
      [owner.userId],
    );
    expect(rows).toEqual([{ cancelled: true }]);
  });

  it('deletes runs of a deleted user only once their ends are published: else their keys in Redis stay for ever', async () => {
    const ended = async (publishedAt: string | null): Promise<string> => {
      const id = randomUUID();
      await db.query(
        `INSERT INTO runs (id, kind, user_id, principal, model, request, state, terminal, ended_at, published_at, text)
         VALUES ($1, 'completion', $2, '{}', 'm', '{}', 'completed', '{"state": "completed", "generation": 1, "length": 1}', now(), $3, 'x')`,
        [id, owner.userId, publishedAt],
      );
      return id;
    };
    const [, unpublished] = [await ended('2026-01-01'), await ended(null)];
    await call(chats.removeOfUser, { userId: owner.userId }, { ...userOf(), role: 'admin' });
    const { rows } = await db.query<{ id: string }>('SELECT id FROM runs WHERE user_id = $1', [owner.userId]);
    expect(rows).toEqual([{ id: unpublished }]);
  });
});
