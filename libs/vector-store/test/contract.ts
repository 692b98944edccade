import { seeded } from '@perennial/testing/seeded';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Hit, Point, VectorStore } from '../src';
import { cosine, nearest, point, points, randomVector, scrolled } from './points';
import type { Subject } from './subject';

const MADE_AHEAD = 3;

/** The contract of every store. */
export function contract(running: () => Subject): void {
  let subject: Subject;
  let store: VectorStore;
  let collection: string;
  let made = 0;

  beforeAll(() => {
    subject = running();
    store = subject.open();
  });
  /** Made while other tests run: a store may take a second to make one. */
  const ahead: Promise<string>[] = [];
  const make = async (): Promise<string> => {
    made += 1;
    const name = `contract_${made}`;
    await store.ensureCollection(name, { dimension: 8 });
    return name;
  };
  beforeEach(async () => {
    while (ahead.length < MADE_AHEAD) {
      const making = make();
      // Reported by the test that awaits it.
      making.catch(() => undefined);
      ahead.push(making);
    }
    collection = (await ahead.shift()) ?? '';
  });
  afterEach(() => store.dropCollection(collection));

  const search = (vector: Point['vector'], scopes = ['base-1'], limit = 10): Promise<Hit[]> =>
    store.search(collection, { vector, filter: { scopes }, limit });
  const ids = (found: readonly { id: string }[]): string[] => found.map(({ id }) => id);

  describe('collections', () => {
    it('are created once, also by two concurrent callers, and listed with their dimension', async () => {
      const other = subject.open();
      await Promise.all([
        store.ensureCollection('made_twice', { dimension: 5 }),
        other.ensureCollection('made_twice', { dimension: 5 }),
      ]);
      await store.ensureCollection('made_twice', { dimension: 5 });
      const listed = await store.listCollections();
      expect(listed.filter(({ name }) => name === 'made_twice')).toEqual([{ name: 'made_twice', dimension: 5 }]);
    });

    it('keep their dimension and points if requested with another dimension', async () => {
      await store.upsert(collection, [point()]);
      await expect(store.ensureCollection(collection, { dimension: 9 })).rejects.toMatchObject({
        code: 'WRONG_DIMENSION',
      });
      expect(await store.count(collection)).toBe(1);
    });

    it('are gone once dropped, for other clients too; dropping is idempotent', async () => {
      const other = subject.open();
      await store.upsert(collection, [point()]);
      expect(await other.count(collection)).toBe(1);
      await store.dropCollection(collection);
      await store.dropCollection(collection);
      await expect(other.count(collection)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect((await store.listCollections()).map(({ name }) => name)).not.toContain(collection);
    });

    it('recreated under the same name are empty, also for clients that knew the old one', async () => {
      const other = subject.open();
      await other.upsert(collection, points(3));
      await store.dropCollection(collection);
      await store.ensureCollection(collection, { dimension: 4 });
      expect(await other.count(collection)).toBe(0);
      await other.upsert(collection, [point({ dimension: 4 })]);
      expect(await store.count(collection)).toBe(1);
    });

    it('that do not exist are refused by every method', async () => {
      const vector = randomVector(Math.random, 8);
      const filter = { scopes: ['base-1'] };
      for (const work of [
        () => store.upsert('nowhere', [point()]),
        () => store.delete('nowhere', filter),
        () => store.search('nowhere', { vector, filter, limit: 1 }),
        () => store.searchHybrid('nowhere', { vector, filter, limit: 1, text: 'fox', keywordWeight: 0.5 }),
        () => store.count('nowhere'),
        () => store.scroll('nowhere', { limit: 1 }),
        () => store.vectors('nowhere', [point().id]),
      ]) {
        await expect(work()).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
    });
  });

  describe('writing', () => {
    it('is idempotent', async () => {
      const all = points(300, { random: seeded(1) });
      await store.upsert(collection, all);
      await store.upsert(collection, all.slice(50, 150));
      expect(await store.count(collection)).toBe(300);
      expect(await scrolled(store, collection)).toEqual(ids(all).sort());
    });

    it('of an existing id replaces its vector and its words', async () => {
      const old = point({ vector: [1, 0, 0, 0, 0, 0, 0, 0], text: 'albatross' });
      await store.upsert(collection, [old]);
      await store.upsert(collection, [{ ...old, vector: [0, 1, 0, 0, 0, 0, 0, 0], text: 'pelican' }]);
      expect((await search([0, 1, 0, 0, 0, 0, 0, 0]))[0]?.similarity).toBeCloseTo(1, 4);
      const byWord = (text: string) =>
        store.searchHybrid(collection, {
          ...{ vector: old.vector, filter: { scopes: ['base-1'] }, limit: 5, text, keywordWeight: 1 },
        });
      expect(await byWord('albatross')).toEqual([]);
      expect(ids(await byWord('pelican'))).toEqual([old.id]);
    });

    it('gives the vectors back by id, of length 1, without those that are not there', async () => {
      const all = points(600, { random: seeded(7) });
      await store.upsert(collection, all);
      const absent = point({ ordinal: 9_999 });
      const vectors = await store.vectors(collection, [absent.id, ...all.map(({ id }) => id)]);
      expect([...vectors.keys()].sort()).toEqual(ids(all).sort());
      for (const { id, vector } of all) {
        const stored = vectors.get(id) ?? new Float32Array();
        expect(Math.hypot(...stored)).toBeCloseTo(1, 5);
        expect(cosine(vector, stored)).toBeCloseTo(1, 5);
      }
      await expect(store.vectors(collection, ["' or 1=1"])).rejects.toMatchObject({ code: 'INVALID' });
    });

    it('an id twice in one call keeps the last', async () => {
      const first = point({ vector: [1, 0, 0, 0, 0, 0, 0, 0] });
      await store.upsert(collection, [first, { ...first, vector: [0, 0, 1, 0, 0, 0, 0, 0] }]);
      expect(await store.count(collection)).toBe(1);
      expect((await search([0, 0, 1, 0, 0, 0, 0, 0]))[0]?.similarity).toBeCloseTo(1, 4);
    });

    it('is visible at once to another client', async () => {
      const other = subject.open();
      for (let round = 0; round < 5; round += 1) {
        const mine = point({ ordinal: round });
        await store.upsert(collection, [mine]);
        expect(
          (await other.search(collection, { vector: mine.vector, filter: { scopes: ['base-1'] }, limit: 1 }))[0]?.id,
        ).toBe(mine.id);
        expect(await other.count(collection)).toBe(round + 1);
      }
    });

    it('of overlapping points by two concurrent clients keeps each point once', async () => {
      const other = subject.open();
      const all = points(600, { random: seeded(2) });
      const names = [0, 1, 2, 3].map((round) => `${collection}_${round}`);
      await Promise.all(names.map((name) => store.ensureCollection(name, { dimension: 8 })));
      for (const name of names) {
        await Promise.all([
          ...[0, 100, 200, 300].map((from) => store.upsert(name, all.slice(from, from + 200))),
          ...[400, 300, 200, 100].map((from) => other.upsert(name, all.slice(from, from + 200).reverse())),
        ]);
        expect(await store.count(name)).toBe(600);
        expect(await scrolled(other, name)).toEqual(ids(all).sort());
      }
    });

    it('accepts an empty list', async () => {
      await store.upsert(collection, []);
      expect(await store.count(collection)).toBe(0);
    });

    it('accepts texts that are empty, in any script, or full of special characters', async () => {
      const texts = [
        '',
        ' \n\t',
        '日本語の文章です',
        'Ελληνικά κείμενο',
        "'; DROP TABLE x; --",
        '\u0000\ud800 \u{1f600}',
        `a\\'b"c|&!:*<->`,
        'ß'.repeat(5_000),
        'word '.repeat(3_000),
      ];
      const all = texts.map((text, ordinal) => point({ ordinal, text }));
      await store.upsert(collection, all);
      expect(await store.count(collection)).toBe(texts.length);
      for (const [ordinal, text] of texts.entries()) {
        const found = await store.searchHybrid(collection, {
          ...{ vector: all[ordinal]?.vector ?? [], filter: { scopes: ['base-1'] }, limit: 1, text, keywordWeight: 0.5 },
        });
        expect(found[0]?.id).toBe(all[ordinal]?.id);
      }
    });

    it('accepts a vector of zeros and still finds the others', async () => {
      const zero = point({ ordinal: 1, vector: [0, 0, 0, 0, 0, 0, 0, 0] });
      const other = point({ ordinal: 2, vector: [0, 5, 0, 0, 0, 0, 0, 0] });
      await store.upsert(collection, [zero, other]);
      const found = await search([0, 1, 0, 0, 0, 0, 0, 0]);
      expect(found[0]).toMatchObject({ id: other.id });
      expect(found[0]?.similarity).toBeCloseTo(1, 4);
      await expect(search([0, 0, 0, 0, 0, 0, 0, 0])).resolves.toBeInstanceOf(Array);
    });

    it.each([
      ['a vector of another dimension', { vector: [1, 2, 3] }, 'WRONG_DIMENSION'],
      ['a number that is none', { vector: [1, 2, 3, 4, 5, 6, 7, Number.NaN] }, 'INVALID'],
      ['an infinite number', { vector: [1, 2, 3, 4, 5, 6, 7, Infinity] }, 'INVALID'],
      ['an id that is no UUID', { id: 'one' }, 'INVALID'],
      ['a scope with a quote', { scope: `it's` }, 'INVALID'],
      ['a fraction of a generation', { generation: 1.5 }, 'INVALID'],
    ])('refuses %s, and nothing of the call is written', async (_, change, code) => {
      await expect(store.upsert(collection, [point(), { ...point({ ordinal: 1 }), ...change }])).rejects.toMatchObject({
        code,
      });
      expect(await store.count(collection)).toBe(0);
    });
  });

  describe('deleting', () => {
    const generations = (): Point[] =>
      ['base-1', 'base-2'].flatMap((scope) =>
        ['file-1', 'file-2'].flatMap((fileId) =>
          [1, 2, 3].flatMap((generation) => points(4, { scope, fileId, generation })),
        ),
      );

    it.each([
      ['a scope', { scopes: ['base-1'] }, 24],
      ['a file everywhere', { fileIds: ['file-1'] }, 24],
      ['a file in one scope', { scopes: ['base-2'], fileIds: ['file-1'] }, 12],
      ['the old generations of a file', { fileIds: ['file-2'], generationBelow: 3 }, 16],
      ['one generation in one scope', { scopes: ['base-1'], generation: 2 }, 8],
      ['several files', { fileIds: ['file-1', 'file-2'] }, 48],
      ['no scope at all', { scopes: [] }, 0],
      ['what nobody has', { scopes: ['base-9'] }, 0],
    ])('removes %s and nothing else', async (_, filter, expected) => {
      await store.upsert(collection, generations());
      await store.delete(collection, filter);
      expect(await store.count(collection)).toBe(48 - expected);
      expect(await store.count(collection, filter)).toBe(0);
      await store.delete(collection, filter);
      expect(await store.count(collection)).toBe(48 - expected);
    });

    it('refuses a filter that would match everything', async () => {
      await expect(store.delete(collection, { generationBelow: 9 } as never)).rejects.toMatchObject({
        code: 'INVALID',
      });
    });

    it('hides points from later searches, until they are written again', async () => {
      const all = points(20);
      await store.upsert(collection, all);
      await store.delete(collection, { fileIds: ['file-1'] });
      expect(await search(all[0]?.vector ?? [])).toEqual([]);
      await store.upsert(collection, all);
      expect((await search(all[0]?.vector ?? []))[0]?.id).toBe(all[0]?.id);
    });
  });

  describe('searching', () => {
    it('gives the nearest first, with the cosine as it is', async () => {
      const random = seeded(3);
      const all = points(200, { random });
      await store.upsert(collection, all);
      const query = randomVector(random, 8);
      const found = await search(query, ['base-1'], 12);
      expect(ids(found)).toEqual(nearest(all, query, 12));
      for (const hit of found) {
        const stored = all.find(({ id }) => id === hit.id);
        expect(hit).toMatchObject({ scope: 'base-1', fileId: 'file-1', generation: 1, ordinal: stored?.ordinal });
        expect(hit.similarity).toBeCloseTo(cosine(stored?.vector ?? [], query), 3);
        expect(hit.score).toBe(hit.similarity);
      }
    });

    it('never leaves its scopes', async () => {
      const random = seeded(4);
      const mine = points(30, { scope: 'mine', random });
      const theirs = mine.map((one) => point({ ...one, scope: 'theirs' }));
      await store.upsert(collection, [...mine, ...theirs]);
      for (const { vector } of mine.slice(0, 5)) {
        expect(new Set((await search(vector, ['mine'], 100)).map(({ scope }) => scope))).toEqual(new Set(['mine']));
        const hybrid = await store.searchHybrid(collection, {
          ...{ vector, filter: { scopes: ['mine'] }, limit: 100, text: 'quick fox', keywordWeight: 0.5 },
        });
        expect(new Set(hybrid.map(({ scope }) => scope))).toEqual(new Set(['mine']));
      }
      expect(await search(mine[0]?.vector ?? [], ['nobody'])).toEqual([]);
      expect(await search(mine[0]?.vector ?? [], [])).toEqual([]);
    });

    it('looks into many scopes at once', async () => {
      const random = seeded(5);
      const all = Array.from({ length: 150 }, (_, n) =>
        points(4, { scope: `base-${n}`, fileId: `file-${n}`, random }),
      ).flat();
      await store.upsert(collection, all);
      const scopes = Array.from({ length: 100 }, (_, n) => `base-${n}`);
      const query = randomVector(random, 8);
      const inSight = all.filter(({ scope }) => scopes.includes(scope));
      expect(ids(await search(query, scopes, 20))).toEqual(nearest(inSight, query, 20));
    });

    it('obeys the filter by files and generations', async () => {
      const all = ['file-1', 'file-2'].flatMap((fileId) =>
        [1, 2].flatMap((generation) => points(5, { fileId, generation })),
      );
      await store.upsert(collection, all);
      const filtered = (filter: object) =>
        store.search(collection, {
          vector: all[0]?.vector ?? [],
          filter: { scopes: ['base-1'], ...filter },
          limit: 50,
        });
      expect((await filtered({ fileIds: ['file-2'] })).map(({ fileId }) => fileId)).toEqual(Array(10).fill('file-2'));
      expect((await filtered({ generation: 2 })).map(({ generation }) => generation)).toEqual(Array(10).fill(2));
      expect(await filtered({ fileIds: ['file-1'], generationBelow: 2 })).toHaveLength(5);
      expect(await filtered({ fileIds: [] })).toEqual([]);
    });

    it('refuses a vector of another dimension and a limit out of bounds', async () => {
      await expect(search([1, 2, 3])).rejects.toMatchObject({ code: 'WRONG_DIMENSION' });
      await expect(search(randomVector(Math.random, 8), ['base-1'], 0)).rejects.toMatchObject({ code: 'INVALID' });
    });

    it('ends the wait of a caller that aborts', async () => {
      const query = { vector: randomVector(Math.random, 8), filter: { scopes: ['base-1'] }, limit: 1 };
      await expect(store.search(collection, query, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'CANCELLED',
      });
    });

    it('finds ten of ten of a scope among thousands of others', async () => {
      const name = `recall_${made}`;
      const [dimension, random] = [64, seeded(6)];
      await store.ensureCollection(name, { dimension });
      const all = Array.from({ length: 8 }, (_, n) =>
        points(500, { scope: `base-${n}`, fileId: `file-${n}`, dimension, random }),
      ).flat();
      await store.upsert(name, all);
      let [found, wanted] = [0, 0];
      for (let n = 0; n < 40; n += 1) {
        const scope = `base-${n % 8}`;
        const query = randomVector(random, dimension);
        const exact = nearest(
          all.filter((one) => one.scope === scope),
          query,
          10,
        );
        const hits = ids(await store.search(name, { vector: query, filter: { scopes: [scope] }, limit: 10 }));
        wanted += exact.length;
        found += exact.filter((id) => hits.includes(id)).length;
      }
      expect(found / wanted).toBeGreaterThanOrEqual(0.95);
    });
  });

  describe('searching by words', () => {
    /** Meaning: the further down, the further away. Words: only one of them names the part. */
    const manual = (): Point[] =>
      Array.from({ length: 60 }, (_, ordinal) =>
        point({
          ordinal,
          vector: [Math.cos(ordinal / 40), Math.sin(ordinal / 40), 0, 0, 0, 0, 0, 0],
          text:
            ordinal === 55
              ? 'The valve XK-4711-B is opened with a spanner.'
              : `The pump of section ${ordinal} is opened with a key.`,
        }),
      );
    const query = { vector: [1, 0, 0, 0, 0, 0, 0, 0], filter: { scopes: ['base-1'] }, limit: 10 };
    const hybrid = (text: string, keywordWeight: number, limit = 10): Promise<Hit[]> =>
      store.searchHybrid(collection, { ...query, limit, text, keywordWeight });
    const ordinals = (hits: Hit[]): number[] => hits.map(({ ordinal }) => ordinal);

    it('finds the part number that meaning alone misses', async () => {
      await store.upsert(collection, manual());
      expect(ordinals(await store.search(collection, query))).not.toContain(55);
      const hits = await hybrid('How do I open XK-4711-B?', 0.5);
      expect(ordinals(hits).slice(0, 2)).toContain(55);
      const hit = hits.find(({ ordinal }) => ordinal === 55);
      expect(hit?.similarity).toBeCloseTo(Math.cos(55 / 40), 3);
    });

    it('is meaning alone at weight 0 and words alone at weight 1', async () => {
      await store.upsert(collection, manual());
      expect(await hybrid('XK-4711-B', 0)).toEqual(await store.search(collection, query));
      const words = await hybrid('xk-4711-b', 1);
      expect(ordinals(words)).toEqual([55]);
      expect(words[0]?.score).toBeCloseTo(1, 4);
      expect(words[0]?.similarity).toBeCloseTo(Math.cos(55 / 40), 3);
      expect(await hybrid('nonexistentword', 1)).toEqual([]);
    });

    it('uses the dense half alone if the text has no words, or no known ones', async () => {
      await store.upsert(collection, manual());
      const meaning = ordinals(await store.search(collection, query));
      expect(ordinals(await hybrid(' ?! ', 0.5))).toEqual(meaning);
      expect(ordinals(await hybrid('nonexistentword', 0.5))).toEqual(meaning);
    });

    it('takes more of the half with more weight', async () => {
      const all = Array.from({ length: 80 }, (_, ordinal) =>
        point({
          ordinal,
          vector: [Math.cos(ordinal / 60), Math.sin(ordinal / 60), 0, 0, 0, 0, 0, 0],
          text: ordinal < 70 ? 'nothing of note' : 'heron stands',
        }),
      );
      await store.upsert(collection, all);
      const share = async (weight: number): Promise<number> =>
        ordinals(await hybrid('heron', weight, 8)).filter((ordinal) => ordinal >= 70).length;
      expect(await share(0.2)).toBe(0);
      expect(await share(0.8)).toBe(8);
      const both = await hybrid('heron', 0.5, 8);
      expect(both.map(({ score }) => score)).toEqual(both.map(({ score }) => score).sort((a, b) => b - a));
      expect(both.every(({ score }) => score > 0 && score <= 1)).toBe(true);
    });

    it('gives the first place in both halves the first place, by far', async () => {
      const best = point({ ordinal: 99, vector: query.vector, text: 'A pelican.' });
      await store.upsert(collection, [...manual().slice(1), best]);
      const [first, second] = await hybrid('pelican', 0.5);
      expect(first).toMatchObject({ ordinal: 99, similarity: expect.closeTo(1, 4) });
      expect(first?.score).toBeGreaterThan(0.7);
      expect(second?.score).toBeLessThan(0.5);
    });

    it('finds other forms of a word, and other spellings of a code', async () => {
      await store.upsert(collection, manual());
      expect(ordinals(await hybrid('the spanners of this valve', 1, 1))).toEqual([55]);
      expect(ordinals(await hybrid('xk4711b', 1))).toEqual([55]);
    });

    it('lets rare words count more than frequent ones', async () => {
      const all = [
        ...Array.from({ length: 200 }, (_, ordinal) => point({ ordinal, text: 'report report report of the year' })),
        point({ ordinal: 500, text: 'kingfisher beside the river' }),
      ];
      await store.upsert(collection, all);
      expect(ordinals(await hybrid('the report of the kingfisher', 1))[0]).toBe(500);
    });

    it('ignores case and accents, and finds words of scripts without spaces', async () => {
      await store.upsert(collection, [
        point({ ordinal: 1, text: 'Übergrößenträger' }),
        point({ ordinal: 2, text: '東京都は日本の首都です' }),
        point({ ordinal: 3, text: 'Москва — столица России' }),
        point({ ordinal: 4, text: 'the naïve café' }),
      ]);
      expect(ordinals(await hybrid('ÜBERGRÖSSENTRÄGER', 1))).toEqual([1]);
      expect(ordinals(await hybrid('übergrößenträger', 1))).toEqual([1]);
      expect(ordinals(await hybrid('日本', 1))).toEqual([2]);
      expect(ordinals(await hybrid('МОСКВА', 1))).toEqual([3]);
      expect(ordinals(await hybrid('CAFE naive', 1))).toEqual([4]);
    });

    it('refuses a weight out of bounds', async () => {
      await expect(hybrid('fox', 1.1)).rejects.toMatchObject({ code: 'INVALID' });
      await expect(hybrid('fox', Number.NaN)).rejects.toMatchObject({ code: 'INVALID' });
    });
  });

  describe('counting and scrolling', () => {
    it('goes through thousands in pages, each point once, in the order of ids', async () => {
      const all = [0, 1, 2].flatMap((n) => points(1_100, { scope: `base-${n}`, fileId: `file-${n}`, text: 'short' }));
      await store.upsert(collection, all);
      expect(await scrolled(store, collection, 700)).toEqual(ids(all).sort());
      const one: string[] = [];
      for (let cursor: string | undefined; ;) {
        const page = await store.scroll(collection, { filter: { scopes: ['base-1'] }, cursor, limit: 550 });
        one.push(...ids(page.points));
        for (const { scope, fileId } of page.points) expect([scope, fileId]).toEqual(['base-1', 'file-1']);
        cursor = page.cursor;
        if (cursor === undefined) break;
      }
      expect(one).toEqual(ids(all.filter(({ scope }) => scope === 'base-1')).sort());
    });

    it('counts by filter', async () => {
      await store.upsert(collection, [...points(7), ...points(5, { fileId: 'file-2', generation: 4 })]);
      expect(await store.count(collection)).toBe(12);
      expect(await store.count(collection, { fileIds: ['file-2'] })).toBe(5);
      expect(await store.count(collection, { generationBelow: 4 })).toBe(7);
      expect(await store.count(collection, { scopes: ['base-1'], generation: 4 })).toBe(5);
      expect(await store.count(collection, { scopes: [] })).toBe(0);
    });

    it('refuses an invalid cursor', async () => {
      await expect(store.scroll(collection, { cursor: `' OR 1=1`, limit: 1 })).rejects.toMatchObject({
        code: 'INVALID',
      });
    });
  });
}
