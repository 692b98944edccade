import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobStore } from '@perennial/blob-store';
import { chats, completions, pictures, runs } from '@perennial/contracts-chat';
import { CompletionBodySchema } from '@perennial/contracts-gateway';
import { CallError, type CallParsedRequest } from '@perennial/contracts-kernel';
import { files } from '@perennial/contracts-retrieval';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';
import { BLOB_STORE } from '../files/blob-store';

type Kept = CallParsedRequest<typeof pictures.keep>['pictures'][number];

const BYTES = Buffer.from('as if it were a picture '.repeat(500));
const URL = `data:image/png;base64,${BYTES.toString('base64')}`;

/** The edge over a real directory; chat keeps pictures in memory. */
describe('a picture in a message', () => {
  let edge: Edge;
  let directory: string;
  let store: BlobStore;
  let owner: { user: { id: string }; headers: Record<string, string> };
  const kept = new Map<string, Kept>();
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'perennial-pictures-'));
    edge = await startEdge({ DATA_DIR: directory });
    store = edge.app.get(BLOB_STORE, { strict: false });
    owner = edge.account('user');
    edge.rpc.fails(files.locate, new CallError('NOT_FOUND', 'There is no such file.'));
    edge.rpc.on(pictures.locate, ({ pictureId }, principal) => {
      const picture = kept.get(pictureId);
      if (picture === undefined || principal.kind !== 'user' || principal.userId !== owner.user.id)
        throw new CallError('NOT_FOUND', 'There is no such picture.');
      return picture;
    });
    edge.rpc.fails(chats.create, new CallError('FAILED_PRECONDITION', 'far enough'));
    edge.rpc.fails(chats.update, new CallError('FAILED_PRECONDITION', 'far enough'));
    edge.rpc.fails(runs.accept, new CallError('FAILED_PRECONDITION', 'far enough'));
    edge.rpc.fails(completions.accept, new CallError('FAILED_PRECONDITION', 'far enough'));
  });
  beforeEach(() => {
    edge.rpc.calls.length = 0;
    edge.rpc.on(pictures.keep, ({ pictures }) => ({
      ids: pictures.map((picture) => {
        const id = randomUUID();
        kept.set(id, picture);
        return id;
      }),
    }));
  });
  afterAll(async () => {
    await edge.close();
    await rm(directory, { recursive: true, force: true });
  });

  const message = { id: 'u', role: 'user', content: [{ type: 'text', text: 'Look' }, { type: 'image_url', image_url: { url: URL } }], files: [{ type: 'image', url: URL }] }; // prettier-ignore
  const chat = { title: 'T', history: { currentId: 'u', messages: { u: { ...message, parentId: null } } } };
  const completion = { model: 'm', messages: [message], files: message.files };
  const post = (url: string, payload: object) =>
    edge.app.inject({ method: 'POST', url, payload, headers: owner.headers });
  const sent = (pattern: string): string =>
    JSON.stringify(edge.rpc.calls.filter((each) => each.pattern === pattern).map(({ request }) => request));
  const blobs = async (): Promise<number> => {
    let count = 0;
    for await (const _ of store.list('pictures/')) count += 1;
    return count;
  };

  it.each([
    [
      'a turn',
      '/api/chat/completions',
      { model: 'm', session_id: 's', parent_id: null, id: 'a', user_message: message, files: message.files },
      runs.accept,
    ],
    ['a plain completion', '/api/v1/chat/completions', completion, completions.accept],
    ['a streamed completion', '/v1/chat/completions', { ...completion, stream: true }, completions.accept],
    ['a new chat', '/api/v1/chats/new', { chat }, chats.create],
    ['a changed chat', `/api/v1/chats/${randomUUID()}`, { chat }, chats.update],
  ])(
    'of %s is stored once and never sent between services; its address serves its owner only',
    async (_, url, body, which) => {
      await post(url, body);
      const request = sent(which.pattern);
      expect(request).not.toContain('base64');
      expect(sent(pictures.keep.pattern)).not.toContain('base64');
      const addresses = request.match(/\/api\/v1\/files\/[0-9a-f-]{36}\/content/g) ?? [];
      expect(new Set(addresses).size).toBe(1);
      expect(addresses).toHaveLength(2);
      const address = addresses[0] ?? '';
      const reply = await edge.app.inject({ url: address, headers: owner.headers });
      expect(reply.statusCode).toBe(200);
      expect(reply.headers).toMatchObject({ 'content-type': 'image/png', 'x-content-type-options': 'nosniff' });
      expect(reply.rawPayload.equals(BYTES)).toBe(true);
      expect((await edge.app.inject({ url: address })).statusCode).toBe(401);
      for (const role of ['user', 'admin'] as const) {
        const stranger = await edge.app.inject({ url: address, headers: edge.account(role).headers });
        expect(stranger.statusCode).toBe(404);
      }
    },
  );

  it('of a completion does not change its idempotency hash', async () => {
    const hashes: string[] = [];
    for (const _ of [1, 2]) await post('/api/v1/chat/completions', completion);
    for (const { request, pattern } of edge.rpc.calls) {
      if (pattern === completions.accept.pattern) hashes.push((request as { bodyHash: string }).bodyHash);
    }
    const { model, ...rest } = CompletionBodySchema.parse(completion);
    const body = JSON.stringify([model, rest]);
    expect(hashes).toEqual(Array(2).fill(createHash('sha256').update(body).digest('hex')));
  });

  it('beyond the storage limit is refused, and leaves no bytes', async () => {
    const before = await blobs();
    edge.rpc.fails(pictures.keep, new CallError('PAYLOAD_TOO_LARGE', 'Your chats take 2 MB of the 1 MB allowed.'));
    const reply = await post('/api/v1/chats/new', { chat });
    expect([reply.statusCode, reply.json()]).toMatchObject([
      413,
      { detail: 'Your chats take 2 MB of the 1 MB allowed.' },
    ]);
    expect(await blobs()).toBe(before);
    expect(sent(chats.create.pattern)).toBe('[]');
  });

  it('is refused while chat is away, and its bytes stay until chat knows whether they were recorded', async () => {
    const before = await blobs();
    edge.rpc.fails(pictures.keep, new CallError('UNAVAILABLE', 'chat is away'));
    expect((await post('/api/v1/chats/new', { chat })).statusCode).toBe(503);
    expect(await blobs()).toBeGreaterThan(before);
    expect(sent(chats.create.pattern)).toBe('[]');
  });

  it('is refused while the store is away; a message without one is not', async () => {
    const file = join(directory, 'no-directory');
    await writeFile(file, '');
    const away = await startEdge({ DATA_DIR: file });
    onTestFinished(() => away.close());
    away.rpc.fails(chats.create, new CallError('FAILED_PRECONDITION', 'far enough'));
    const headers = away.account('user').headers;
    const make = (payload: object) =>
      away.app.inject({ method: 'POST', url: '/api/v1/chats/new', payload, headers }).then((reply) => reply.statusCode);
    expect(await make({ chat })).toBe(503);
    expect(await make({ chat: { title: 'T' } })).toBe(409);
  });

  it('of another type, or malformed, is passed on unchanged', async () => {
    const svg = 'data:image/svg+xml;base64,PHN2Zy8+';
    const messages = { u: { ...message, content: [{ type: 'image_url', image_url: { url: svg } }], files: [] } };
    await post('/api/v1/chats/new', { chat: { history: { messages } } });
    expect(sent(chats.create.pattern)).toContain(svg);
    expect(sent(pictures.keep.pattern)).toBe('[]');
  });
});
