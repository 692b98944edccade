import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { buildProgram, type BuiltProgram, type ManagedProcess, startProcess, waitFor } from '@perennial/testing';
import { seeded } from '@perennial/testing/seeded';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VectorStore } from '../src';
import { point, points, randomVector, scrolled } from './points';
import type { Subject } from './subject';

/** What a store has besides points: a process of its own, a secret for its clients, its words in Postgres. */
export type Part = 'server' | 'credentials' | 'words';

/** Effects of a crash or an outage. Real: the stores, and writers as separate processes that are killed. */
export function faults(running: () => Subject, parts: readonly Part[]): void {
  let subject: Subject;
  let store: VectorStore;
  let program: BuiltProgram;
  const writers: ManagedProcess[] = [];
  beforeAll(async () => {
    subject = running();
    store = subject.open();
    program = await buildProgram(join(import.meta.dirname, 'writer.ts'));
  });
  afterAll(() => program?.remove());
  afterEach(async () => {
    await Promise.all(writers.splice(0).map((writer) => writer.stop()));
  });

  async function fresh(): Promise<string> {
    const collection = `faults_${randomBytes(4).toString('hex')}`;
    await store.ensureCollection(collection, { dimension: 8 });
    return collection;
  }

  function writer(collection: string, environment: Record<string, string> = {}): ManagedProcess {
    const child = startProcess({
      name: 'writer',
      command: process.execPath,
      args: [fileURLToPath(program.script)],
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
    const [one, two] = [1, 2].map(() => writer(collection, { COUNT: '1000', ROUNDS: '2' }));
    for (let n = 0; n < 10; n += 1) {
      await store.upsert(collection, points(50, { scope: 'short-lived', fileId: `file-${n}` }));
      await store.delete(collection, { scopes: ['short-lived'], fileIds: [`file-${n}`] });
    }
    expect(await one?.exited).toEqual({ code: 0, signal: null });
    expect(await two?.exited).toEqual({ code: 0, signal: null });
    expect(await store.count(collection)).toBe(1_000);
    expect(new Set(await scrolled(store, collection)).size).toBe(1_000);
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

  if (!parts.includes('server')) return;

  it('a server that is killed during writing is unavailable, keeps confirmed points, and is used again automatically', async () => {
    const collection = await fresh();
    const all = points(1_000, { random: seeded(1) });
    await store.upsert(collection, all.slice(0, 400));
    const writing = store.upsert(collection, all).then(
      () => undefined,
      (error: unknown) => error,
    );
    await subject.server.kill();
    const error = await writing;
    if (error !== undefined) expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    // The circuit opens: the last calls fail without a wait.
    for (let n = 0; n < 5; n += 1) await expect(store.count(collection)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.count(collection)).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    await expect(store.health()).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    await subject.server.start();
    await waitFor(async () => (await store.count(collection)) >= 400, {
      what: 'the store to be used again',
      timeoutMs: 80_000,
    });
    const there = new Set(await scrolled(store, collection));
    for (const { id } of all.slice(0, 400)) expect(there.has(id)).toBe(true);
    await store.upsert(collection, all);
    expect(await store.count(collection)).toBe(1_000);
  });

  it('a hanging server times out, and nothing hangs when it resumes', async () => {
    const collection = await fresh();
    const mine = point();
    await store.upsert(collection, [mine]);
    const query = { vector: mine.vector, filter: { scopes: ['base-1'] }, limit: 1 };
    await subject.server.pause();
    try {
      await expect(store.search(collection, query)).rejects.toMatchObject({ code: 'UNAVAILABLE', timedOut: true });
      const call = { signal: AbortSignal.timeout(100) };
      await expect(store.search(collection, query, call)).rejects.toMatchObject({ code: 'CANCELLED' });
    } finally {
      await subject.server.cont();
    }
    await waitFor(async () => (await store.search(collection, query))[0]?.id === mine.id, {
      what: 'an answer',
      timeoutMs: 30_000,
    });
  });

  if (parts.includes('credentials'))
    it('refuses wrong credentials in plain words, without them', async () => {
      const stranger = subject.open(subject.wrongCredentials);
      const refused = {
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/refused the (API key|credentials|token)/),
      };
      await expect(stranger.health()).rejects.toMatchObject(refused);
      await expect(stranger.ensureCollection('strangers', { dimension: 8 })).rejects.toMatchObject(refused);
      const error: unknown = await stranger.listCollections().catch((thrown: unknown) => thrown);
      expect(inspect(error)).not.toMatch(/hunter2/);
    });

  if (!parts.includes('words')) return;

  describe('with its words in Postgres', () => {
    let database: pg.Client;
    beforeAll(async () => {
      database = new pg.Client({ connectionString: subject.environment['KEYWORDS_DB_URL'] });
      await database.connect();
    });
    afterAll(() => database.end());

    const keywordTable = (collection: string): string =>
      `keyword_index."${subject.environment['VECTOR_DB'] ?? ''}_${collection}"`;
    const byWords = (collection: string, limit = 10) =>
      store.searchHybrid(collection, {
        ...{ vector: randomVector(Math.random, 8), filter: { scopes: ['base-1'] }, limit },
        ...{ text: 'quick fox', keywordWeight: 1 },
      });

    it('a writer that is killed between points and words leaves points only, and a repetition completes them', async () => {
      const collection = await fresh();
      await database.query('BEGIN');
      await database.query(`LOCK TABLE ${keywordTable(collection)} IN EXCLUSIVE MODE`);
      const child = writer(collection, { COUNT: '200' });
      await waitFor(async () => (await store.count(collection)) === 200, { what: 'the points', timeoutMs: 60_000 });
      expect(confirmed(child)).toEqual([]);
      await child.kill();
      await database.query('ROLLBACK');
      expect(await byWords(collection)).toEqual([]);
      const all = points(200, { random: seeded(1) });
      expect(await scrolled(store, collection)).toEqual(all.map(({ id }) => id).sort());
      await store.upsert(collection, all);
      expect(await byWords(collection)).toHaveLength(10);
      expect(await store.count(collection)).toBe(200);
    });

    it('a search whose words do not answer is one by meaning, each time', async () => {
      const collection = await fresh();
      const all = points(20);
      await store.upsert(collection, all);
      await database.query('BEGIN');
      await database.query(`LOCK TABLE ${keywordTable(collection)} IN ACCESS EXCLUSIVE MODE`);
      try {
        for (const { id, vector } of all.slice(0, 2)) {
          const query = { vector, filter: { scopes: ['base-1'] }, limit: 3, text: 'quick fox', keywordWeight: 0.5 };
          expect((await store.searchHybrid(collection, query))[0]?.id).toBe(id);
        }
      } finally {
        await database.query('ROLLBACK');
      }
    });

    it('a removal that is killed between words and points is completed by its repetition', async () => {
      const collection = await fresh();
      await store.upsert(collection, points(50));
      await subject.server.pause();
      try {
        const child = writer(collection, { REMOVE: 'yes' });
        const words = async () => (await database.query(`SELECT 1 FROM ${keywordTable(collection)} LIMIT 1`)).rowCount;
        await waitFor(async () => (await words()) === 0, { what: 'the words to be gone', timeoutMs: 60_000 });
        expect(child.output).not.toContain('removed');
        await child.kill();
      } finally {
        await subject.server.cont();
      }
      await waitFor(async () => (await byWords(collection)).length === 0, { what: 'an answer', timeoutMs: 30_000 });
      await store.delete(collection, { scopes: ['base-1'] });
      expect(await store.count(collection)).toBe(0);
      expect(await scrolled(store, collection)).toEqual([]);
    });

    it('words without a point are not found, and a scroll shows them to be removed', async () => {
      const collection = await fresh();
      const all = points(8);
      await store.upsert(collection, all);
      await database.query(
        `INSERT INTO ${keywordTable(collection)} SELECT gen_random_uuid(), scope, 'file-2', generation, ordinal, words FROM ${keywordTable(collection)}`,
      );
      const found = await byWords(collection, 8);
      expect(found.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
      expect(await scrolled(store, collection, 3)).toHaveLength(16);
      await store.delete(collection, { fileIds: ['file-2'] });
      expect(await scrolled(store, collection)).toEqual(all.map(({ id }) => id).sort());
    });

    it('a collection that has lost its words is not listed, and made whole again', async () => {
      const collection = await fresh();
      await store.upsert(collection, points(3));
      const listed = async () => (await store.listCollections()).some(({ name }) => name === collection);
      expect(await listed()).toBe(true);
      await database.query(`DROP TABLE ${keywordTable(collection)}`);
      expect(await listed()).toBe(false);
      await store.ensureCollection(collection, { dimension: 8 });
      expect(await listed()).toBe(true);
      await store.upsert(collection, points(3));
      expect(await byWords(collection)).toHaveLength(3);
    });
  });
}
