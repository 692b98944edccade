import { createWriteStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BlobNotFoundError, type BlobStore } from '@perennial/blob-store';
import { users } from '@perennial/contracts-auth';
import { type Chat, chats } from '@perennial/contracts-chat';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { files, knowledge } from '@perennial/contracts-retrieval';
import { PRIVATE } from '../backup/directory';
import type { Caller } from '../calls';
import { UsageError } from '../failure';

const FILES_PAGE = 200;
/** Of a file's name, in the name of the exported file. */
const NAME_CHARS = 100;

/** What an export has written. */
export interface Exported {
  chats: number;
  files: number;
  knowledge: number;
  /** Ids of files whose bytes are not in the blob store. */
  missingFiles: string[];
}

/** Where an export comes from, for whom it is, and where it goes. */
export interface ExportOptions {
  call: Caller;
  blobs: BlobStore;
  person: UserPrincipal;
  directory: string;
  /** Hears of each chat and each file. */
  onWritten(): void;
}

/**
 * Writes everything of one person into an empty directory: `account.json`, `settings.json`, `knowledge.json`, a JSON file for each chat with
 * all its messages, and the bytes of each file. A chat or a file at a time is in memory, or less.
 */
export async function exportPerson(options: ExportOptions): Promise<Exported> {
  const { call, person, directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) throw new UsageError(`${directory} is not empty. Name another directory.`);
  for (const folder of ['chats', 'files']) await mkdir(join(directory, folder), { mode: 0o700 });
  await writeJson(directory, 'account.json', await call(users.get, { userId: person.userId }));
  await writeJson(directory, 'settings.json', (await call(users.getSettings, {}, { principal: person })).settings);
  const bases = await readBases(options);
  await writeJson(directory, 'knowledge.json', bases);
  const written = await exportFiles(options);
  return { chats: await exportChats(options), ...written, knowledge: bases.length };
}

async function exportChats({ call, person, directory, onWritten }: ExportOptions): Promise<number> {
  let count = 0;
  for (const archived of [false, true]) {
    for (let page = 1; ; page += 1) {
      const { items } = await call(chats.list, { page, archived, sortBy: 'created_at' }, { principal: person });
      if (items.length === 0) break;
      for (const { id } of items) {
        await writeJson(directory, join('chats', `${id}.json`), await readChat(call, person, id));
        onWritten();
        count += 1;
      }
    }
  }
  return count;
}

/** A chat with its messages of all pages. */
async function readChat(call: Caller, principal: UserPrincipal, chatId: string): Promise<Chat> {
  const chat = await call(chats.get, { chatId }, { principal });
  const { history } = chat.chat;
  for (let before = history?.before; history && before !== undefined;) {
    const older = (await call(chats.get, { chatId, before }, { principal })).chat.history;
    history.messages = { ...older?.messages, ...history.messages };
    before = older?.before;
  }
  delete history?.before;
  return chat;
}

async function exportFiles({ call, person, directory, blobs, onWritten }: ExportOptions) {
  const missingFiles: string[] = [];
  let count = 0;
  for (let page = 1; ; page += 1) {
    const { items } = await call(files.list, { page, limit: FILES_PAGE }, { principal: person });
    for (const { id, filename } of items) {
      const { blobKey } = await call(files.locate, { fileId: id }, { principal: person });
      const name = filename.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(-NAME_CHARS);
      try {
        const { stream } = await blobs.get(blobKey);
        await pipeline(stream, createWriteStream(join(directory, 'files', `${id}-${name}`), { mode: PRIVATE }));
        onWritten();
        count += 1;
      } catch (error) {
        if (!(error instanceof BlobNotFoundError)) throw error;
        missingFiles.push(id);
      }
    }
    if (items.length < FILES_PAGE) return { files: count, missingFiles };
  }
}

/** The person's knowledge bases, each with the ids of its files. */
async function readBases({ call, person }: ExportOptions) {
  const bases = [];
  for (let page = 1; ; page += 1) {
    const { items, total } = await call(knowledge.list, { page }, { principal: person });
    for (const base of items) bases.push({ ...base, file_ids: await readFileIds(call, person, base.id) });
    if (items.length === 0 || bases.length >= total) return bases;
  }
}

async function readFileIds(call: Caller, principal: UserPrincipal, knowledgeId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let page = 1; ; page += 1) {
    const { items, total } = await call(knowledge.files, { knowledgeId, page }, { principal });
    ids.push(...items.map(({ id }) => id));
    if (items.length === 0 || ids.length >= total) return ids;
  }
}

async function writeJson(directory: string, file: string, content: unknown): Promise<void> {
  await writeFile(join(directory, file), `${JSON.stringify(content, null, 2)}\n`, { mode: PRIVATE });
}
