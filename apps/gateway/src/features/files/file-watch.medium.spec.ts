import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '@perennial/contracts-kernel';
import { FILE_PROGRESS, files, type FileStatus, knowledge } from '@perennial/contracts-retrieval';
import type { FileProgress } from '@perennial/contracts-wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';

/** A reader of an event stream. */
class Events {
  readonly seen: unknown[] = [];
  over = false;
  private readonly stopper = new AbortController();

  static async open(url: string, headers: Record<string, string>): Promise<Events> {
    const events = new Events();
    const response = await fetch(url, { headers, signal: events.stopper.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    void events.read(response);
    return events;
  }

  stop(): void {
    this.stopper.abort();
  }

  private async read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const piece of response.body!) {
        text += decoder.decode(piece, { stream: true });
        const frames = text.split('\n\n');
        text = frames.pop() ?? '';
        for (const frame of frames)
          if (frame.startsWith('data: ')) this.seen.push(JSON.parse(frame.slice(6)) as unknown);
      }
    } catch {
      // Stopped by the test.
    }
    this.over = true;
  }
}

/** Streams of file progress. Real: the HTTP edge. Not real: retrieval and its notices. */
describe('file progress as events', () => {
  let edge: Edge;
  let url: string;
  let headers: { authorization: string };
  let userId: string;
  let status: FileStatus;
  let reads: number;
  beforeEach(async () => {
    edge = await startEdge({ MAX_STREAMS_PER_USER: '50' });
    const account = edge.account('user');
    headers = account.headers;
    userId = account.user.id;
    await edge.app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(edge.app.getHttpServer().address() as AddressInfo).port}`;
    reads = 0;
    status = {
      id: randomUUID(),
      userId,
      state: 'pending',
      step: null,
      done: 0,
      total: 0,
      error: null,
      generation: 1,
      liveGeneration: null,
    };
    edge.rpc.on(files.statuses, ({ fileIds }) => {
      reads += 1;
      return { items: fileIds.includes(status.id) ? [status] : [] };
    });
  });
  afterEach(() => edge.close());

  const follow = () => Events.open(`${url}/api/v1/files/${status.id}/process/status?stream=true`, headers);
  const tell = (change: Partial<FileStatus>) => {
    const { id: fileId, state, step, done, total, error, generation } = { ...status, ...change };
    return edge.notices.publish(FILE_PROGRESS, { userId, fileId, state, step, done, total, error, generation });
  };
  const states = ({ seen }: Events) => (seen as FileProgress[]).map(({ status: state, done }) => `${state} ${done}`);

  it('begin with the present state, send each change once, and end with the file’s end', async () => {
    const reader = await follow();
    await expect.poll(() => states(reader)).toEqual(['pending 0']);
    await tell({ state: 'processing', step: 'embed', done: 64, total: 200 });
    await tell({ state: 'processing', step: 'embed', done: 64, total: 200 });
    await tell({ state: 'processing', step: 'embed', done: 128, total: 200 });
    Object.assign(status, { state: 'completed', step: 'index', done: 200, total: 200 });
    await tell({});
    await expect.poll(() => reader.over).toBe(true);
    expect(states(reader)).toEqual(['pending 0', 'processing 64', 'processing 128', 'completed 200']);
  });

  it('end at once for a file that is done, with its reason for one that failed', async () => {
    Object.assign(status, { state: 'failed', error: 'It is locked with a password.' });
    const reader = await follow();
    await expect.poll(() => reader.over).toBe(true);
    expect(reader.seen).toEqual([
      { status: 'failed', error: 'It is locked with a password.', step: null, done: 0, total: 0 },
    ]);
  });

  it('reach their end even if every notice is lost, with one call for all followers', async () => {
    const readers = await Promise.all(Array.from({ length: 5 }, follow));
    await expect.poll(() => readers.every(({ seen }) => seen.length === 1)).toBe(true);
    const before = reads;
    status.state = 'completed';
    await expect.poll(() => readers.every(({ over }) => over), { timeout: 6_000 }).toBe(true);
    expect(reads - before).toBe(1);
    // There are no followers left, so no call is made.
    await sleep(3_500);
    expect(reads - before).toBe(1);
  }, 15_000);

  it('ignore the end of a content that was replaced meanwhile', async () => {
    Object.assign(status, { state: 'processing', generation: 2 });
    const reader = await follow();
    await expect.poll(() => states(reader)).toEqual(['processing 0']);
    await tell({ state: 'processing', done: 9, generation: 1 });
    await tell({ state: 'completed', generation: 1 });
    await sleep(100);
    expect(states(reader)).toEqual(['processing 0']);
    expect(reader.over).toBe(false);
    reader.stop();
  });

  it('continue after retrieval was away for a while, and are refused while it is away', async () => {
    const reader = await follow();
    await expect.poll(() => reader.seen.length).toBe(1);
    edge.rpc.fails(files.statuses, new CallError('UNAVAILABLE', 'Redis is away.', { retryAfter: 1 }));
    await tell({ state: 'completed' });
    const refused = await fetch(`${url}/api/v1/files/${status.id}/process/status?stream=true`, { headers });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(reader.over).toBe(false);
    edge.rpc.on(files.statuses, () => ({ items: [{ ...status, state: 'completed' as const }] }));
    await expect.poll(() => reader.over, { timeout: 6_000 }).toBe(true);
    expect(states(reader)).toEqual(['pending 0', 'completed 0']);
  }, 15_000);

  it('end when the file is deleted', async () => {
    const reader = await follow();
    await expect.poll(() => reader.seen.length).toBe(1);
    const { id: fileId } = status;
    edge.rpc.on(files.statuses, () => ({ items: [] }));
    const gone = { step: null, done: 0, total: 0, error: null, generation: 1 };
    await edge.notices.publish(FILE_PROGRESS, { userId, fileId, state: 'deleted', ...gone });
    await expect.poll(() => reader.over).toBe(true);
    expect(reader.seen.at(-1)).toEqual({ status: 'failed', error: 'The file was deleted.' });
  });

  it('of a base are the list of its pending files, and end when it is empty or the base is deleted', async () => {
    const base = randomUUID();
    const items = [{ ...status, filename: 'a.md' }];
    edge.rpc.on(knowledge.get, () => ({
      id: base,
      user_id: userId,
      name: 'Base',
      description: '',
      meta: null,
      access_grants: [],
      file_count: 1,
      write_access: true,
      created_at: 0,
      updated_at: 0,
    }));
    edge.rpc.on(knowledge.pending, () => ({ items }));
    const path = `${url}/api/v1/knowledge/${base}/files/pending`;
    const row = (change: object = {}) => ({
      id: status.id,
      user_id: userId,
      filename: 'a.md',
      data: { status: 'pending', step: null, done: 0, total: 0, ...change },
    });
    expect(await (await fetch(path, { headers })).json()).toEqual([row()]);
    const reader = await Events.open(`${path}?stream=true`, headers);
    await expect.poll(() => reader.seen.length).toBe(1);
    Object.assign(items[0]!, { state: 'processing', step: 'split' });
    await tell({});
    await expect.poll(() => reader.seen.length).toBe(2);
    items.pop();
    await tell({});
    await expect.poll(() => reader.over, { timeout: 3_000 }).toBe(true);
    expect(reader.seen).toEqual([[row()], [row({ status: 'processing', step: 'split' })], []]);
    items.push({ ...status, filename: 'a.md' });
    const left = await Events.open(`${path}?stream=true`, headers);
    await expect.poll(() => left.seen.length).toBe(1);
    edge.rpc.fails(knowledge.pending, new CallError('NOT_FOUND', 'There is no such knowledge base.'));
    await tell({});
    await expect.poll(() => left.over, { timeout: 3_000 }).toBe(true);
    expect(left.seen).toEqual([[row()], []]);
    for (const query of ['', '?stream=true']) {
      const refused = await fetch(path + query, { headers });
      expect([refused.status, await refused.json()]).toMatchObject([
        404,
        { detail: 'There is no such knowledge base, or it is not yours.' },
      ]);
    }
  }, 15_000);
});
