import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type ManagedProcess, startProcess, waitFor } from '@perennial/testing';
import { seeded } from '@perennial/testing/seeded';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VectorStore } from '../src';
import { drivers, type Subject } from './drivers';
import { point, points, scrolled } from './points';

/** Effects of a crash or an outage. Real: the stores, and writers as separate processes that are killed. */
describe.each(await drivers())('$name', { timeout: 120_000 }, ({ missing, start }) => {
  if (missing) {
    it.skip(`is not tested here: ${missing}`, () => undefined);
    return;
  }

  let subject: Subject;
  let store: VectorStore;
  const writers: ManagedProcess[] = [];
  beforeAll(async () => {
    subject = await start();
    store = subject.open();
  }, 120_000);
  afterEach(async () => {
    await Promise.all(writers.splice(0).map((writer) => writer.stop()));
  });
  afterAll(() => subject?.close());

  async function fresh(): Promise<string> {
    const collection = `faults_${randomBytes(4).toString('hex')}`;
    await store.ensureCollection(collection, { dimension: 8 });
    return collection;
  }

  function writer(collection: string, environment: Record<string, string> = {}): ManagedProcess {
    const child = startProcess({
      name: 'writer',
      command: process.execPath,
      args: [join(import.meta.dirname, 'child.mjs'), 'writer.ts'],
      env: { ...subject.environment, COLLECTION: collection, ...environment },
    });
    writers.push(child);
    return child;
  }

  const confirmed = (child: ManagedProcess): number[] =>
    child.output
      .split('\n')
      .filter((line) => /^\d+$/.test(line))
      .map(Number);

  it('a killed writer leaves its confirmed points, and a repetition completes them', async () => {
    const collection = await fresh();
    const all = points(3_000, { random: seeded(1) });
    const child = writer(collection, { COUNT: '3000' });
    await waitFor(() => confirmed(child).length >= 3, { what: 'three confirmed calls', timeoutMs: 60_000 });
    await child.kill();
    const there = new Set(await scrolled(store, collection));
    for (const from of confirmed(child)) {
      for (const { id } of all.slice(from, from + 200)) expect(there.has(id)).toBe(true);
    }
    await store.upsert(collection, all);
    expect(await scrolled(store, collection)).toEqual(all.map(({ id }) => id).sort());
  });

  it('three processes write the same points and delete others at once: each is there once', async () => {
    const collection = await fresh();
    const [one, two] = [1, 2].map(() => writer(collection, { COUNT: '2000', ROUNDS: '2' }));
    for (let n = 0; n < 10; n += 1) {
      await store.upsert(collection, points(50, { scope: 'short-lived', fileId: `file-${n}` }));
      await store.delete(collection, { scopes: ['short-lived'], fileIds: [`file-${n}`] });
    }
    expect(await one?.exited).toEqual({ code: 0, signal: null });
    expect(await two?.exited).toEqual({ code: 0, signal: null });
    expect(await store.count(collection)).toBe(2_000);
    expect(new Set(await scrolled(store, collection)).size).toBe(2_000);
  });

  it('a search during constant writing and deleting is correct, and never fails', async () => {
    const collection = await fresh();
    const lasting = points(200, { scope: 'lasting', random: seeded(3) });
    await store.upsert(collection, lasting);
    const child = writer(collection, { COUNT: '4000', SCOPE: 'busy' });
    const other = subject.open();
    while (child.running) {
      for (const { id, vector } of lasting.slice(0, 10)) {
        const query = { vector, filter: { scopes: ['lasting'] }, limit: 3 };
        expect((await other.search(collection, query))[0]?.id).toBe(id);
        expect(await other.searchHybrid(collection, { ...query, text: 'quick fox', keywordWeight: 0.5 })).toHaveLength(
          3,
        );
      }
    }
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(await other.count(collection, { scopes: ['busy'] })).toBe(4_000);
  });

  it('a server that is killed during writing is unavailable, keeps confirmed points, and is used again automatically', async ({
    skip,
  }) => {
    if (!subject.kill || !subject.start) return skip('it runs in this process');
    const collection = await fresh();
    const all = points(1_000, { random: seeded(1) });
    await store.upsert(collection, all.slice(0, 400));
    const writing = store.upsert(collection, all).then(
      () => undefined,
      (error: unknown) => error,
    );
    await subject.kill();
    const error = await writing;
    if (error !== undefined) expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    // The circuit opens: the last calls fail without a wait.
    for (let n = 0; n < 4; n += 1) await expect(store.count(collection)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.count(collection)).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    await expect(store.health()).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    await subject.start();
    await waitFor(async () => (await store.count(collection)) >= 400, {
      what: 'the store to be used again',
      timeoutMs: 30_000,
    });
    const there = new Set(await scrolled(store, collection));
    for (const { id } of all.slice(0, 400)) expect(there.has(id)).toBe(true);
    await store.upsert(collection, all);
    expect(await store.count(collection)).toBe(1_000);
  });

  it('a hanging server times out, and nothing hangs when it resumes', async ({ skip }) => {
    if (!subject.pause || !subject.cont) return skip('it runs in this process');
    const collection = await fresh();
    const mine = point();
    await store.upsert(collection, [mine]);
    const query = { vector: mine.vector, filter: { scopes: ['base-1'] }, limit: 1 };
    await subject.pause();
    try {
      await expect(store.search(collection, query)).rejects.toMatchObject({ code: 'UNAVAILABLE', timedOut: true });
      const call = { signal: AbortSignal.timeout(100) };
      await expect(store.search(collection, query, call)).rejects.toMatchObject({ code: 'CANCELLED' });
    } finally {
      await subject.cont();
    }
    await waitFor(async () => (await store.search(collection, query))[0]?.id === mine.id, {
      what: 'an answer',
      timeoutMs: 30_000,
    });
  });
});
