import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type BlobStore, blobStoreEnv, createBlobStore } from '@perennial/blob-store';
import { chats, completions, pictureKey, pictures as pictureCalls, pictureUrl, runs } from '@perennial/contracts-chat';
import {
  ANONYMOUS,
  type Call,
  type CallRequest,
  type Principal,
  type UserPrincipal,
} from '@perennial/contracts-kernel';
import { Database } from '@perennial/persistence';
import { readEnv } from '@perennial/runtime';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ChatReplicas, startReplicas } from '../../test/replicas';
import type { ClaimedRun } from '../runs/types/run';
import { UsageRepository } from '../usage/usage.repository';
import { PictureMemory } from './picture-memory';
import { PictureReader } from './picture-reader';
import { PictureSweeper } from './picture-sweeper';
import { PicturesRepository } from './pictures.repository';

const LIMIT = 1_000_000;

/** Real: Postgres, Redis, the transport, a directory of blobs and one of the placement "eu", two replicas of the module. */
let started: ChatReplicas;
let caller: ChatReplicas['caller'];
let db: ChatReplicas['db'];
let directory: string;
let store: BlobStore;
let owner: UserPrincipal;

const userOf = (): UserPrincipal => ({ kind: 'user', userId: randomUUID(), role: 'user', sessionId: 's' });
const call = <C extends Call>(which: C, request: CallRequest<C>, principal: Principal = owner) =>
  caller.rpc.call(which, request, { principal });
const part = <T>(type: abstract new (...args: never[]) => T): T => {
  const found = started.replicas[0]?.app.get<T>(type, { strict: false });
  if (!found) throw new Error('no replica');
  return found;
};
const never = new AbortController().signal;
const sweep = () => part(PictureSweeper).sweep(never);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'perennial-pictures-'));
  const rest = { vectors: 'default', connections: [] };
  const eu = { blobs: { DATA_DIR: join(directory, 'eu') }, ...rest };
  // Its directory is a file: a store that cannot be used.
  const broken = { blobs: { DATA_DIR: join(directory, 'broken') }, ...rest };
  await writeFile(broken.blobs.DATA_DIR, '');
  const stores = { DATA_DIR: directory, PLACEMENTS: JSON.stringify({ broken, eu }) };
  started = await startReplicas('pictures', { ...stores, MAX_CHAT_BYTES_PER_USER: String(LIMIT) });
  ({ db, caller } = started);
  store = await createBlobStore(readEnv(z.object(blobStoreEnv), stores, { service: 'test' }));
});
afterAll(async () => {
  await started?.stop();
  await store?.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  owner = userOf();
});

/** Like a gateway: bytes first, then the call. */
async function keep(content: string, principal = owner): Promise<{ id: string; blobKey: string }> {
  const blobKey = pictureKey(randomUUID(), principal.placement);
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
  it('is refused unless it is stored where its owner’s data belongs', async () => {
    const stored = { size: 1, sha256: '0'.repeat(64), contentType: 'image/png' as const };
    const keepAt = (blobKey: string, placement?: string) =>
      call(
        pictureCalls.keep,
        { pictures: [{ ...stored, blobKey }] },
        { ...userOf(), ...(placement ? { placement } : {}) },
      );
    const refused = { code: 'FAILED_PRECONDITION' };
    await expect(keepAt('pictures/x', 'eu')).rejects.toMatchObject(refused);
    await expect(keepAt('at/us/pictures/x', 'eu')).rejects.toMatchObject(refused);
    await expect(keepAt('at/eu/pictures/x')).rejects.toMatchObject(refused);
    expect((await keepAt('at/eu/pictures/x', 'eu')).ids).toHaveLength(1);
    await expect(keepAt('at/mars/pictures/x', 'mars')).rejects.toMatchObject({
      ...refused,
      details: { reason: 'placement' },
    });
  });

  it('that is sent again by a person who was placed elsewhere moves there, and back', async () => {
    const there: UserPrincipal = { ...owner, placement: 'eu' };
    const before = await keep('sent before');
    const moved = await keep('sent before', there);
    expect(moved.id).toBe(before.id);
    const blobKey = () => call(pictureCalls.locate, { pictureId: before.id }).then((picture) => picture.blobKey);
    expect(await blobKey()).toBe(moved.blobKey);
    const again = await keep('sent before', there);
    await sweep();
    expect(await blobKey()).toBe(moved.blobKey);
    const kept = (...all: { blobKey: string }[]) => Promise.all(all.map((one) => bytesOf(one.blobKey)));
    expect(await kept(before, moved, again)).toEqual([false, true, false]);
    const back = await keep('sent before');
    await sweep();
    expect([await blobKey(), ...(await kept(moved, back))]).toEqual([back.blobKey, false, true]);
  });

  it('of another store is removed while one is away, whose blobs wait', async () => {
    const [first, last] = ['at/mars/pictures/x', 'pictures/zzz'];
    await store.put(last, Readable.from(['x']), { maxBytes: 1 });
    await db.query('INSERT INTO picture_removals SELECT unnest($1::text[])', [[first, last]]);
    await expect(sweep()).rejects.toMatchObject({ code: 'DENIED' });
    expect(await bytesOf(last)).toBe(false);
    expect((await db.query('DELETE FROM picture_removals RETURNING blob_key')).rows).toEqual([{ blob_key: first }]);
  });

  it('is stored once for its user, served to its owner only, and sent to the model as bytes', async () => {
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
    const inlined = (asked: object) =>
      part(PictureReader).inlined({ kind: 'turn', ...asked } as unknown as ClaimedRun, never, (done) => Promise.resolve(done)); // prettier-ignore
    const asked = await inlined(run);
    expect(asked.history?.[0]?.parts).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url, detail: 'low' } },
    ]);
    const stranger = await inlined({ ...run, user_id: other.userId });
    expect(JSON.stringify(stranger.history)).not.toContain('base64');
  });

  it('is distinguished from those of other hosts, whose addresses the provider gets unchanged', async () => {
    const [mine, gone, theirs] = [(await keep('a leaf')).id, randomUUID(), randomUUID()];
    const shown = (url: string) => ({ type: 'image_url', image_url: { url } });
    const foreign = shown(`https://elsewhere.example${pictureUrl(theirs)}`);
    const parts = [shown(`https://chat.example.com${pictureUrl(mine)}`), shown(pictureUrl(gone)), foreign];
    const run = { kind: 'turn', user_id: owner.userId, history: [{ id: 'u', role: 'user', content: '', parts }] };
    const asked = await part(PictureReader).inlined(run as unknown as ClaimedRun, never, (done) =>
      Promise.resolve(done),
    );
    expect(asked.history?.[0]?.parts).toEqual([
      shown(`data:image/png;base64,${Buffer.from('a leaf').toString('base64')}`),
      { type: 'text', text: '[A picture that is not available any more.]' },
      foreign,
    ]);
  });

  it('may come in two concurrent requests without a deadlock', async () => {
    const chatId = (await call(chats.create, { chat: {} })).id;
    await db.query(`INSERT INTO messages (chat_id, id, role) VALUES ($1, 'u', 'user')`, [chatId]);
    const ids = [(await keep('one of two')).id, (await keep('two of two')).id];
    const { rows: byHash } = await db.query<{ id: string }>(
      'SELECT id FROM pictures WHERE id = ANY ($1) ORDER BY sha256',
      [ids],
    );
    const [first, last] = byHash.map(({ id }) => id);
    const keeping = await db.connect();
    try {
      // Like the call, by their hashes; the message shows them in the other order.
      const again = (id?: string) => keeping.query('UPDATE pictures SET check_at = now() WHERE id = $1', [id]);
      await keeping.query('BEGIN');
      await again(first);
      const come = db.query(
        `INSERT INTO picture_references (chat_id, message_id, picture_id) SELECT $1, 'u', * FROM unnest($2::uuid[])`,
        [chatId, [last, first]],
      );
      come.catch(() => undefined);
      const waits = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await waitFor(async () => (await db.query(waits)).rowCount === 1, { what: 'the message to wait for the call' });
      await again(last);
      await keeping.query('COMMIT');
      await come;
    } finally {
      keeping.release();
    }
  });

  it('is removed with its last message, including its bytes, also after an edit', async () => {
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

  it('is fully removed by another process when one dies between row and bytes', async () => {
    const { id, blobKey } = await keep('half removed');
    const chatId = await chatShowing(id);
    await db.query('DELETE FROM chats WHERE id = $1', [chatId]);
    // The first half of a sweep: the row is deleted, the blob is recorded.
    await db.query(
      `WITH gone AS (DELETE FROM pictures WHERE id = $1 RETURNING blob_key) INSERT INTO picture_removals SELECT blob_key FROM gone`,
      [id],
    );
    expect(await bytesOf(blobKey)).toBe(true);
    await sweep();
    expect(await bytesOf(blobKey)).toBe(false);
    expect((await db.query('SELECT 1 FROM picture_removals')).rowCount).toBe(0);
  });

  it('without a message is removed after an hour, unless it is sent again', async () => {
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

  it('leaves no bytes when its gateway dies before the call', async () => {
    const strays = [pictureKey(randomUUID()), pictureKey(randomUUID(), 'eu')];
    for (const stray of strays) await store.put(stray, Readable.from([Buffer.from('nobody asks')]), { maxBytes: 100 });
    const { id, blobKey } = await keep('known');
    // The store of "broken" keeps back those of no other, and is told at the end.
    const sweepStray = (minAgeMs?: number) =>
      expect(part(PictureSweeper).removeStray(never, minAgeMs)).rejects.toMatchObject({ code: 'DENIED' });
    await sweepStray();
    expect(await Promise.all(strays.map(bytesOf))).toEqual([true, true]);
    await sweepStray(0);
    expect(await Promise.all(strays.map(bytesOf))).toEqual([false, false]);
    expect([await bytesOf(blobKey), await isKept(id)]).toEqual([true, true]);
  });

  describe('of a plain completion', () => {
    const complete = (...ids: string[]) =>
      call(completions.accept, {
        modelId: 'sim',
        body: { messages: [{ role: 'user', content: showing(...ids) }] },
        bodyHash: randomUUID(),
      });
    const due = (id: string) => db.query('UPDATE pictures SET check_at = now() WHERE id = $1', [id]);
    const requestOf = async (runId: string) => {
      const { rows } = await db.query<{ request: unknown }>('SELECT request FROM runs WHERE id = $1', [runId]);
      return rows[0]?.request;
    };

    it('is kept until the completion ends in any way; another user’s is not', async () => {
      const [{ id, blobKey }, theirs] = [await keep('described once'), await keep('not mine', userOf())];
      const { runId } = await complete(id, theirs.id);
      expect(JSON.stringify(await requestOf(runId))).toContain(pictureUrl(id));
      await due(id);
      await due(theirs.id);
      await sweep();
      expect([await isKept(id), await bytesOf(blobKey), await isKept(theirs.id)]).toEqual([true, true, false]);
      await call(runs.cancel, { runId });
      await sweep();
      expect([await isKept(id), await bytesOf(blobKey)]).toEqual([false, false]);
      expect((await db.query('SELECT 1 FROM picture_removals')).rowCount).toBe(0);
    });

    it('is removed with a pruned run, even if its end was not seen', async () => {
      const { id, blobKey } = await keep('forgotten');
      const { runId } = await complete(id);
      await db.query('DELETE FROM runs WHERE id = $1', [runId]);
      await sweep();
      expect([await isKept(id), await bytesOf(blobKey)]).toEqual([false, false]);
    });

    it('that was sent again stays for its next request, even if the previous one ends first', async () => {
      const { id } = await keep('in each request');
      const { runId } = await complete(id);
      expect((await keep('in each request')).id).toBe(id);
      await call(runs.cancel, { runId });
      await sweep();
      expect(await isKept(id)).toBe(true);
      const next = await complete(id);
      await call(runs.cancel, { runId: next.runId });
      await sweep();
      expect(await isKept(id)).toBe(false);
    });

    it('stays if a message shows it too', async () => {
      const { id } = await keep('in a chat, too');
      const chatId = await chatShowing(id);
      const { runId } = await complete(id);
      await call(runs.cancel, { runId });
      await sweep();
      expect(await isKept(id)).toBe(true);
      await call(chats.remove, { chatId });
      await sweep();
      expect(await isKept(id)).toBe(false);
    });
  });

  it('waits for memory in its process', async () => {
    const [one, two] = [await keep('1'.repeat(100)), await keep('2'.repeat(100))];
    const memory = new PictureMemory(150);
    const reader = new PictureReader(part(PicturesRepository), store, memory);
    const asking = (id: string, begun: () => void, until: Promise<unknown>) => {
      const request = { messages: [{ role: 'user', content: showing(id) }] };
      const run = { kind: 'completion', user_id: owner.userId, request } as unknown as ClaimedRun;
      return reader.inlined(run, never, async (inlined) => {
        begun();
        await until;
        return JSON.stringify(inlined.request);
      });
    };
    let end = (): void => undefined;
    const ends = new Promise<void>((resolve) => (end = resolve));
    let first!: Promise<string>;
    await new Promise<void>((begun) => (first = asking(one.id, begun, ends)));
    let began = false;
    const second = asking(two.id, () => (began = true), Promise.resolve());
    await waitFor(() => memory.waiting === 1);
    expect([memory.held, began]).toEqual([100, false]);
    end();
    expect(await first).toContain(Buffer.from('1'.repeat(100)).toString('base64'));
    expect(await second).toContain(Buffer.from('2'.repeat(100)).toString('base64'));
    expect(memory.held).toBe(0);
  });

  it('is kept by every message of its user that shows it, written by any version', async () => {
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
      answers: [{ messageId: 'answer', modelId: 'sim' }],
    });
    expect((await holders()).sort()).toEqual(['asked', 'copy']);
    await call(chats.remove, { chatId: turn.chatId });
    owner = userOf();
    await chatShowing(id);
    expect(await holders()).toEqual(['copy']);
  });
});

describe('a user’s storage', () => {
  const used = async (): Promise<number | undefined> => {
    const { rows } = await db.query<{ bytes: string; counted: boolean }>('SELECT bytes, counted FROM storage_used WHERE user_id = $1', [owner.userId]); // prettier-ignore
    return rows[0]?.counted ? Number(rows[0].bytes) : undefined;
  };
  const counted = () => part(UsageRepository).count(part(Database), owner.userId);
  const message = (id: string, content: string) => ({ id, parentId: null, role: 'user' as const, content });
  const chatOf = (text: string, title = 'A chat') => ({ title, history: { messages: { u: message('u', text) } } });

  it('is always counted correctly: with concurrent writes, refusals, answers, pictures and rows of the previous version', async () => {
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
      answers: [{ messageId: 'answer', modelId: 'sim' }],
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

  it('counts data from before the count existed', async () => {
    await call(chats.create, { chat: chatOf('x'.repeat(600_000)) });
    await db.query('DELETE FROM storage_used WHERE user_id = $1', [owner.userId]);
    await expect(call(chats.create, { chat: chatOf('x'.repeat(600_000)) })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await call(chats.create, { chat: chatOf('x'.repeat(300_000)) });
    expect(await used()).toBe(await counted());
  });

  it('is limited: beyond the limit nothing is added, and the rest works', async () => {
    const { id: chatId } = await call(chats.create, { chat: chatOf('x'.repeat(900_000), 'Full') });
    const refused = {
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringMatching(/^Your chats take 2 MB of the 1 MB allowed\. Delete some chats/) as string,
      details: { limit: LIMIT, used: expect.any(Number) as number },
    };
    const more = 'y'.repeat(150_000);
    const asked = { userMessage: { id: 'u2', content: more }, answers: [{ messageId: 'a2', modelId: 'sim' }] };
    await expect(call(chats.create, { chat: chatOf(more) })).rejects.toMatchObject(refused);
    await expect(
      call(chats.update, { chatId, chat: { history: { messages: { u2: message('u2', more) } } } }),
    ).rejects.toMatchObject(refused);
    await expect(call(runs.accept, { chatId, parentId: 'u', ...asked })).rejects.toMatchObject(refused);
    await expect(keep(more)).rejects.toMatchObject(refused);
    expect((await call(chats.list, {})).items).toHaveLength(1);
    // A user beyond the limit (it was lowered) may still rename and shorten.
    await db.query(`UPDATE messages SET content = repeat('x', 1200000) WHERE chat_id = $1 AND id = 'u'`, [chatId]);
    await call(chats.update, { chatId, chat: { title: 'Renamed' } });
    await call(chats.update, { chatId, chat: { history: { messages: { u: message('u', 'short') } } } });
    await call(runs.accept, { chatId, parentId: 'u', ...asked });
    await call(chats.remove, { chatId });
    await call(chats.create, { chat: chatOf('x'.repeat(900_000)) });
  });
});
