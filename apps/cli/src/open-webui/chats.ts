import { chats } from '@perennial/contracts-chat';
import type { Caller } from '../calls';
import { explain } from '../failure';
import { idHere } from './identity';
import { parts, readMessages } from './messages';
import type { People } from './people';
import type { Report } from './report';
import { type OpenWebUi, record, type Row, seconds, text } from './source';

/** Calls at a time. */
const CONCURRENCY = 4;
const TITLE_CHARS = 1_000;
/** Names of tags that are held in memory, of all users; further tags are called by their ids. */
const MAX_TAG_NAMES = 200_000;

/** Fields of the chat's JSON that are read on their own. */
const READ = new Set(['id', 'title', 'models', 'params', 'history', 'messages', 'timestamp']);

/** Imports chats with all branches. */
export async function importChats(from: OpenWebUi, people: People, call: Caller, report: Report): Promise<void> {
  const importOne = (chat: Row): Promise<void> =>
    importChat(from, chat, people, names, call, report)
      .then((created) => report.done('chats', created))
      .catch((error: unknown) => report.omit('chats', chat['id'], explain(error)));
  const names = await tagNames(from);
  report.begin('chats', await from.count('chat'));
  for await (const page of from.pages('chat', report.tooLarge('chats'))) {
    for (let at = 0; at < page.length; at += CONCURRENCY) {
      await Promise.all(page.slice(at, at + CONCURRENCY).map(importOne));
    }
  }
}

/** Of a tag of a user. */
const tagKey = (userId: unknown, id: unknown): string => `${String(userId)} ${String(id)}`;

/** How each user writes their tags, by `tagKey`; a chat has only the ids. */
async function tagNames(from: OpenWebUi): Promise<ReadonlyMap<string, string>> {
  if (!(await from.has('tag'))) return new Map();
  const rows = await from.query(`SELECT user_id, id, name FROM tag ORDER BY user_id, id LIMIT ${MAX_TAG_NAMES}`);
  return new Map(rows.map((row) => [tagKey(row['user_id'], row['id']), text(row['name']) ?? String(row['id'])]));
}

async function importChat(
  from: OpenWebUi,
  chat: Row,
  people: People,
  names: ReadonlyMap<string, string>,
  call: Caller,
  report: Report,
): Promise<boolean> {
  const principal = people.get(String(chat['user_id']));
  if (principal === undefined) throw new Error('its owner was not imported');
  const messages = await readMessages(from, chat);
  const blob = record(chat['chat']);
  const named = text(chat['current_message_id']) ?? text(record(blob['history'])['currentId']);
  const currentId = named !== undefined && messages.has(named) ? named : [...messages.keys()].at(-1);
  const meta = record(chat['meta']);
  const tagIds = Array.isArray(meta['tags']) ? meta['tags'].filter((id) => typeof id === 'string') : [];
  const head = {
    chatId: idHere(chat['id']),
    folderId: text(chat['folder_id']),
    meta,
    tags: tagIds.slice(0, 1_000).map((id) => (names.get(tagKey(chat['user_id'], id)) ?? id).slice(0, 1_000)),
    pinned: isTrue(chat['pinned']),
    archived: isTrue(chat['archived']),
    createdAt: seconds(chat['created_at']),
    updatedAt: seconds(chat['updated_at']),
  };
  const own = {
    ...Object.fromEntries(Object.entries(blob).filter(([name, value]) => !READ.has(name) && value !== null)),
    title: (text(chat['title']) ?? text(blob['title']))?.slice(0, TITLE_CHARS),
    models: Array.isArray(blob['models']) ? blob['models'].filter((one) => typeof one === 'string') : undefined,
    params: record(blob['params']),
  };
  let created = false;
  const onTooLong = (id: string): void =>
    report.note('chats', chat['id'], `its message ${id} is too long, and was replaced`);
  for (const part of parts(messages, onTooLong)) {
    const request = { ...head, chat: { ...own, history: { currentId, messages: part } } };
    const reply = await call(chats.importChat, request, { principal });
    created ||= reply.created;
  }
  return created;
}

/** SQLite has 0 and 1 for a boolean. */
const isTrue = (value: unknown): boolean => value === true || value === 1;
