import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { blobStoreEnv, createBlobStore, type BlobStore } from '@perennial/blob-store';
import { pictureKey, pictureUrl, runs, chats, pictures as pictureCalls } from '@perennial/contracts-chat';
import {
  ANONYMOUS,
  type Call,
  type CallRequest,
  type Principal,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { Database } from '@perennial/persistence';
import { freshDatabase, freshPrefix, redisUrl } from '@perennial/testing';
import { startCaller, startReplica, type Caller, type Replica } from '@perennial/testing-service';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChatModule } from '../chat.module';
import { chatEnv } from '../env';
import type { TakenRun } from '../runs/model/run';
import { UsageRepository } from '../usage/usage.repository';
import { PictureReader } from './picture-reader';
import { PictureSweeper } from './picture-sweeper';

const LIMIT = 1_000_000;

/** Real: Postgres, Redis, the transport, a directory of bytes, two replicas of the module. */
let caller: Caller;
let replicas: Replica[];
let db: pg.Pool;
let directory: string;
let store: BlobStore;
let owner: UserPrincipal;

const userOf = (): UserPrincipal => ({ kind: 'user', userId: randomUUID(), role: 'user', sessionId: 's' });
const call = <C extends Call>(which: C, request: CallRequest<C>, principal: Principal = owner) =>
  caller.rpc.call(which, request, { principal });
const part = <T>(type: abstract new (...args: never[]) => T): T => {
  const found = replicas[0]?.app.get<T>(type, { strict: false });
  if (!found) throw new Error('no replica');
  return found;
};
const never = new AbortController().signal;
const sweep = () => part(PictureSweeper).sweep(never);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'perennial-pictures-'));
  const databaseUrl = await freshDatabase('pictures');
  const prefix = freshPrefix('pictures');
  const source = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl(),
    REDIS_KEY_PREFIX: prefix,
    SECRET_KEY: 'a secret of the picture tests',
    CHAT_ROLE: 'api',
    DATA_DIR: directory,
    MAX_CHAT_BYTES_PER_USER: String(LIMIT),
  };
  replicas = await Promise.all([startReplica({ name: 'chat', env: chatEnv, module: ChatModule.forRoot }, source), startReplica({ name: 'chat', env: chatEnv, module: ChatModule.forRoot }, source)]); // prettier-ignore
  caller = await startCaller(redisUrl(), prefix);
  db = new pg.Pool({ connectionString: databaseUrl, max: 2, options: '-c search_path=chat' });
  store = await createBlobStore(z.object(blobStoreEnv).parse({ DATA_DIR: directory }));
});
afterAll(async () => {
  await caller?.stop();
  await Promise.all((replicas ?? []).map((replica) => replica.stop()));
  await db?.end();
  await store?.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  owner = userOf();
});

/** As a gateway does: bytes first, then the call. */
async function keep(content: string, principal = owner): Promise<{ id: string; blobKey: string }> {
  const blobKey = pictureKey(randomUUID());
  const { size, sha256 } = await store.put(blobKey, Readable.from([Buffer.from(content)]), { maxBytes: LIMIT * 2 });
  const pictures = [{ blobKey, size, sha256, contentType: 'image/png' as const }];
  const { ids } = await call(pictureCalls.keep, { pictures }, principal);
  return { id: ids[0] ?? '', blobKey };
}

const showing = (...ids: string[]) => [
  { type: 'text', text: 'Look' },
  ...ids.map((id) => ({ type: 'image_url', image_url: { url: pictureUrl(id), detail: 'low' } })),
];
const chatShowing = async (...ids: string[]): Promise<string> => {
  const message = { id: 'u', parentId: null, role: 'user' as const, content: showing(...ids) };
  return (await call(chats.create, { chat: { history: { currentId: 'u', messages: { u: message } } } })).id;
};
const bytesOf = async (blobKey: string): Promise<boolean> =>
  store.get(blobKey).then(
    ({ stream }) => {
      stream.destroy();
      return true;
    },
    () => false,
  );
const isKept = async (id: string): Promise<boolean> =>
  (await db.query('SELECT 1 FROM pictures WHERE id = $1', [id])).rowCount === 1;

describe('a picture', () => {
  it('is stored once for its user, found by its owner only, and given to the model as bytes', async () => {
    const first = await keep('the same bytes');
    const again = await keep('the same bytes');
    expect(again.id).toBe(first.id);
    const other = userOf();
    expect((await keep('the same bytes', other)).id).not.toBe(first.id);
    const chatId = await chatShowing(first.id);
    await sweep();
    expect(await bytesOf(first.blobKey)).toBe(true);
    expect(await bytesOf(again.blobKey)).toBe(false);
    expect(await call(pictureCalls.locate, { pictureId: first.id })).toMatchObject({
      blobKey: first.blobKey,
      contentType: 'image/png',
      size: 14,
    });
    await expect(call(pictureCalls.locate, { pictureId: first.id }, other)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(call(pictureCalls.locate, { pictureId: first.id }, ANONYMOUS)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(call(pictureCalls.keep, { pictures: [{ blobKey: 'pictures/x', size: 1, sha256: '0'.repeat(64), contentType: 'image/png' }] }, ANONYMOUS)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' }); // prettier-ignore
    const { chat } = await call(chats.get, { chatId });
    expect(chat.history?.messages.u?.content).toEqual(showing(first.id));
    const run = {
      user_id: owner.userId,
      history: [{ id: 'u', role: 'user', content: 'Look', parts: showing(first.id) }],
    };
    const url = `data:image/png;base64,${Buffer.from('the same bytes').toString('base64')}`;
    const asked = await part(PictureReader).inlined(run as unknown as TakenRun, never);
    expect(asked.history?.[0]?.parts).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url, detail: 'low' } },
    ]);
    const stranger = await part(PictureReader).inlined({ ...run, user_id: other.userId } as unknown as TakenRun, never);
    expect(JSON.stringify(stranger.history)).not.toContain('base64');
  });

  it('goes with its last message, bytes included, also when it is only edited away', async () => {
    const { id, blobKey } = await keep('shown twice');
    const [one, two] = [await chatShowing(id), await chatShowing(id)];
    await call(chats.remove, { chatId: one });
    await sweep();
    expect([await isKept(id), await bytesOf(blobKey)]).toEqual([true, true]);
    const edited = { id: 'u', role: 'user' as const, content: 'without it' };
    await call(chats.update, { chatId: two, chat: { history: { messages: { u: edited } } } });
    await sweep();
    expect([await isKept(id), await bytesOf(blobKey)]).toEqual([false, false]);
  });

  it('is removed to the end by another process when one dies between row and bytes', async () => {
    const { id, blobKey } = await keep('half removed');
    const chatId = await chatShowing(id);
    await db.query('DELETE FROM chats WHERE id = $1', [chatId]);
    // The first half of a sweep: the row is gone, the bytes are noted.
    await db.query(
      `WITH gone AS (DELETE FROM pictures WHERE id = $1 RETURNING blob_key) INSERT INTO picture_removals SELECT blob_key FROM gone`,
      [id],
    );
    expect(await bytesOf(blobKey)).toBe(true);
    await sweep();
    expect(await bytesOf(blobKey)).toBe(false);
    expect((await db.query('SELECT 1 FROM picture_removals')).rowCount).toBe(0);
  });

  it('that no message shows is removed after an hour, unless it comes again', async () => {
    const late = () => db.query(`UPDATE pictures SET check_at = now() WHERE user_id = $1`, [owner.userId]);
    const { id } = await keep('for nobody');
    await sweep();
    expect(await isKept(id)).toBe(true);
    await late();
    await keep('for nobody');
    await sweep();
    expect(await isKept(id)).toBe(true);
    await late();
    await sweep();
    expect(await isKept(id)).toBe(false);
  });

  it('whose gateway died before the call leaves no bytes behind', async () => {
    const stray = pictureKey(randomUUID());
    await store.put(stray, Readable.from([Buffer.from('nobody asks')]), { maxBytes: 100 });
    const { id, blobKey } = await keep('known');
    await part(PictureSweeper).removeStray(never);
    expect(await bytesOf(stray)).toBe(true);
    await part(PictureSweeper).removeStray(never, 0);
    expect([await bytesOf(stray), await bytesOf(blobKey), await isKept(id)]).toEqual([false, true, true]);
  });

  it('is held by whatever message shows it, whichever version wrote that; nobody else’s message holds it', async () => {
    const { id } = await keep('copied');
    const chatId = (await call(chats.create, { chat: {} })).id;
    await db.query(`INSERT INTO messages (chat_id, id, role, content_parts) VALUES ($1, 'copy', 'user', $2)`, [
      chatId,
      JSON.stringify(showing(id)),
    ]);
    const holders = async () =>
      (await db.query('SELECT message_id FROM picture_references WHERE picture_id = $1', [id])).rows.map((row) => (row as { message_id: string }).message_id); // prettier-ignore
    expect(await holders()).toEqual(['copy']);
    const turn = await call(runs.accept, {
      parentId: null,
      userMessage: { id: 'asked', content: 'Look', files: [{ type: 'image', url: pictureUrl(id) }] },
      answers: [{ messageId: 'answer', modelId: 'm1' }],
    });
    expect((await holders()).sort()).toEqual(['asked', 'copy']);
    await call(chats.remove, { chatId: turn.chatId });
    owner = userOf();
    await chatShowing(id);
    expect(await holders()).toEqual(['copy']);
  });
});

describe('what a user stores', () => {
  const used = async (): Promise<number | undefined> => {
    const { rows } = await db.query<{ bytes: string; counted: boolean }>('SELECT bytes, counted FROM storage_used WHERE user_id = $1', [owner.userId]); // prettier-ignore
    return rows[0]?.counted ? Number(rows[0].bytes) : undefined;
  };
  const counted = () => part(UsageRepository).count(part(Database), owner.userId);
  const message = (id: string, content: string) => ({ id, parentId: null, role: 'user' as const, content });
  const chatOf = (text: string, title = 'A chat') => ({ title, history: { messages: { u: message('u', text) } } });

  it('is known at every moment: through many at once, refusals, answers, pictures and rows of the version before', async () => {
    const { id: chatId } = await call(chats.create, { chat: chatOf('first') });
    const writes = Array.from({ length: 10 }, async (_, n) => {
      const messages = { [`m${n}`]: message(`m${n}`, 'ä'.repeat(1_000 * n)) };
      await call(chats.update, { chatId, chat: { history: { messages }, [`field${n}`]: 'x'.repeat(n) } });
    });
    await Promise.all(writes);
    await keep('a picture of some bytes');
    await expect(call(chats.create, { chat: chatOf('x'.repeat(LIMIT)) })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await call(runs.accept, {
      chatId,
      parentId: 'u',
      userMessage: { id: 'asked', content: 'And now?' },
      answers: [{ messageId: 'answer', modelId: 'm1' }],
    });
    await db.query(
      `UPDATE messages SET content = 'written by another version', done = true WHERE chat_id = $1 AND id = 'answer'`,
      [chatId],
    );
    const kept = await used();
    expect(kept).toBeGreaterThan(90_000);
    expect(kept).toBe(await counted());
    await call(chats.remove, { chatId });
    await call(chats.create, { chat: chatOf('second') });
    expect(await used()).toBe(await counted());
    expect(await used()).toBeLessThan(10_000);
  });

  it('counts what was there before there was a count', async () => {
    await call(chats.create, { chat: chatOf('x'.repeat(600_000)) });
    await db.query('DELETE FROM storage_used WHERE user_id = $1', [owner.userId]);
    await expect(call(chats.create, { chat: chatOf('x'.repeat(600_000)) })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await call(chats.create, { chat: chatOf('x'.repeat(300_000)) });
    expect(await used()).toBe(await counted());
  });

  it('is bounded: beyond it nothing is added, and everything else still works', async () => {
    const { id: chatId } = await call(chats.create, { chat: chatOf('x'.repeat(900_000), 'Full') });
    const refused = {
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringMatching(/^Your chats take 2 MB of the 1 MB allowed\. Delete some chats/) as string,
      details: { limit: LIMIT, used: expect.any(Number) as number },
    };
    const more = 'y'.repeat(150_000);
    const asked = { userMessage: { id: 'u2', content: more }, answers: [{ messageId: 'a2', modelId: 'm1' }] };
    await expect(call(chats.create, { chat: chatOf(more) })).rejects.toMatchObject(refused);
    await expect(
      call(chats.update, { chatId, chat: { history: { messages: { u2: message('u2', more) } } } }),
    ).rejects.toMatchObject(refused);
    await expect(call(runs.accept, { chatId, parentId: 'u', ...asked })).rejects.toMatchObject(refused);
    await expect(keep(more)).rejects.toMatchObject(refused);
    expect((await call(chats.list, {})).items).toHaveLength(1);
    // Whoever has more than allowed (the limit was lowered) may still rename and cut down.
    await db.query(`UPDATE messages SET content = repeat('x', 1200000) WHERE chat_id = $1 AND id = 'u'`, [chatId]);
    await call(chats.update, { chatId, chat: { title: 'Renamed' } });
    await call(chats.update, { chatId, chat: { history: { messages: { u: message('u', 'short') } } } });
    await call(runs.accept, { chatId, parentId: 'u', ...asked });
    await call(chats.remove, { chatId });
    await call(chats.create, { chat: chatOf('x'.repeat(900_000)) });
  });
});
