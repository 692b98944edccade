import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { ANONYMOUS, type CallRequest, type UserPrincipal } from '@perennial/contracts-kernel';
import { documents, knowledge, retrievalSettings } from '@perennial/contracts-retrieval';
import { QdrantServer, ServerUnavailable, startQdrant, waitFor } from '@perennial/testing';
import { pointId } from '@perennial/vector-store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FileMoves } from '../src/files/file-moves.repository';
import { ItemSearch } from '../src/search/item-search';
import { Neighbours } from '../src/search/neighbours';
import { SearchRepository } from '../src/search/search.repository';
import { type PlantedFile, PlantedWorld } from './planted';
import { newUser } from './world';

type Drivers = 'lancedb' | 'qdrant';

/** Real: Postgres, Redis, the transport, LanceDB or a Qdrant server, two replicas; the embedder is the simulator. */
describe.each<Drivers>(['lancedb', 'qdrant'])('searching on %s', (driver) => {
  let qdrant: QdrantServer | undefined;
  let world: PlantedWorld;
  let missing: string | undefined;
  const anna = newUser();
  const ben = newUser();
  const admin = newUser('admin');

  beforeAll(async () => {
    try {
      if (driver === 'qdrant') qdrant = await startQdrant();
    } catch (error) {
      if (!(error instanceof ServerUnavailable) || process.env['CI']) throw error;
      missing = error.message;
      console.warn(`SKIPPED: searching on ${driver}: ${missing}`);
      return;
    }
    world = await PlantedWorld.start(qdrant ? { VECTOR_DB: 'qdrant', QDRANT_URI: qdrant.url } : {});
    await world.replica();
    await world.replica();
    await world.index();
  });
  afterAll(async () => {
    await world?.stop();
    await qdrant?.stop();
  });

  const search = (principal: UserPrincipal, request: CallRequest<typeof documents.search>) =>
    world.caller.rpc.call(documents.search, request, { principal });
  const query = (principal: UserPrincipal, request: CallRequest<typeof documents.query>) =>
    world.caller.rpc.call(documents.query, request, { principal });
  const set = async (changes: CallRequest<typeof retrievalSettings.update>) => {
    const { version } = await world.caller.rpc.call(retrievalSettings.update, changes, { principal: admin });
    // Every replica knows it.
    await waitFor(
      async () => {
        const replies = await Promise.all(
          Array.from({ length: 6 }, () => world.caller.rpc.call(retrievalSettings.get, {}, { principal: admin })),
        );
        return replies.every((reply) => reply.version >= version);
      },
      { what: 'the settings to be everywhere' },
    );
  };
  const file = (one: PlantedFile) => ({ type: 'file' as const, id: one.id });
  const base = (id: string) => ({ type: 'collection' as const, id });
  const hit = ({ id, scope, generation }: PlantedFile, ordinal: number) => {
    const ref = { scope, fileId: id, generation, ordinal };
    return { id: pointId(ref), ...ref, similarity: 1, score: 1 };
  };
  const found = ({ sources }: Awaited<ReturnType<typeof search>>) => sources.flatMap(({ document }) => document);

  it('finds the meaning, with its location', async (context) => {
    if (missing) return context.skip();
    const texts = ['The lighthouse was built in 1911.', 'The harbour has three cranes.', 'Tea is served at four.'];
    const one = await world.plant({ user: anna, texts, name: 'harbour.pdf', pages: [1, 2, 3] });
    const reply = await search(anna, { queries: ['how many cranes has the harbour'], items: [file(one)], k: 2 });
    expect(reply).toMatchObject({ count: 1, truncated: false, skipped: [], inSystem: false });
    expect(reply.template).toMatch(/\{\{CONTEXT\}\}.*\{\{QUERY\}\}/s);
    const [source] = reply.sources;
    expect(source?.source).toEqual({ type: 'file', id: one.id, name: 'harbour.pdf' });
    expect(source?.document[0]).toBe(texts[1]);
    expect(source?.metadata[0]).toEqual({
      source: 'harbour.pdf',
      name: 'harbour.pdf',
      file_id: one.id,
      created_by: anna.userId,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      start_index: texts[0]!.length + 1,
      page: 1,
      page_label: '2',
      embedding_config: { engine: 'openai', model: 'sim-embed' },
    });
    const [first, second] = source?.distances ?? [];
    expect(first).toBeGreaterThan(second ?? 1);
    expect(first).toBeLessThanOrEqual(1);
  });

  it('never returns another user’s text, in any request', async (context) => {
    if (missing) return context.skip();
    const secret = 'The vault opens with the number 4711.';
    const bensBase = await world.base(ben);
    const bensFile = await world.plant({ user: ben, texts: [secret] });
    const inBase = await world.plant({ user: ben, texts: [secret, 'Ben keeps bees.'], scope: bensBase });
    const items = [
      file(bensFile),
      file(inBase),
      base(bensBase),
      base(randomUUID()),
      { type: 'file' as const, id: bensBase },
    ];
    for (const full of [false, true]) {
      const reply = await search(anna, { queries: [secret], items: items.map((item) => ({ ...item, full })) });
      expect(reply.sources).toEqual([]);
      expect(reply.skipped).toHaveLength(items.length);
    }
    for (const collection of [`file-${bensFile.id}`, bensBase, bensFile.id, 'no-such', randomUUID()]) {
      await expect(query(anna, { collections: [collection], query: secret })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
    await expect(
      world.caller.rpc.call(documents.search, { queries: ['x'], items: [] }, { principal: ANONYMOUS }),
    ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    // The owner and an administrator do see it.
    for (const who of [ben, admin])
      expect(found(await search(who, { queries: [secret], items: [base(bensBase)], k: 1 }))).toEqual([secret]);
  });

  it('returns k live chunks despite any number of stale ones', async (context) => {
    if (missing) return context.skip();
    const scope = await world.base(anna);
    const question = 'copper kettle on the blue stove';
    const stale = Array.from({ length: 40 }, (_, n) => `The copper kettle on the blue stove, note ${n}.`);
    const live = Array.from({ length: 4 }, (_, n) => `A kettle, and ${n} other things that are about something else.`);
    const replaced = await world.plant({ user: anna, texts: stale, scope });
    await world.replace(replaced, live.slice(0, 2));
    const deleted = await world.plant({ user: anna, texts: stale, scope });
    await world.markDeleted(deleted);
    const takenOut = await world.plant({ user: anna, texts: stale, scope });
    await world.db.query('DELETE FROM placements WHERE file_id = $1', [takenOut.id]);
    await world.plant({ user: anna, texts: live.slice(2), scope });
    const half = await world.plantRows({ user: anna, texts: stale, scope });
    await world.points(half);
    for (const hybrid of [false, true]) {
      const reply = await search(anna, { queries: [question], items: [base(scope)], k: 4, hybrid });
      expect(found(reply).sort()).toEqual(live);
    }
  });

  /** A file on its way between two bases, complete in both: the next look at it ends the move. */
  const moving = async (texts: readonly string[]) => {
    const [from, to] = [await world.base(anna), await world.base(anna)];
    const one = await world.plant({ user: anna, texts, scope: from });
    const move = { knowledgeId: from, fileId: one.id, toKnowledgeId: to };
    await world.caller.rpc.call(knowledge.moveFile, move, { principal: anna });
    const arrived = { ...one, scope: to };
    const arrive = async () => {
      await world.points(arrived);
      await world.record(arrived);
    };
    const moves = world.replicas[0]!.app.get(FileMoves, { strict: false });
    return { one, from, to, arrive, end: () => moves.settleInto([to]) };
  };
  const repositories = () => world.replicas.map(({ app }) => app.get(SearchRepository, { strict: false }));

  it('finds a file whose move ends after its place was looked up', async (context) => {
    if (missing) return context.skip();
    const texts = ['The ferry leaves from pier nine.'];
    const { one, arrive, end } = await moving(texts);
    await arrive();
    const spies = repositories().map((repository) => {
      const original = repository.placesOfFiles.bind(repository);
      return vi.spyOn(repository, 'placesOfFiles').mockImplementationOnce(async (...args) => {
        const places = await original(...args);
        await end();
        return places;
      });
    });
    const reply = await search(anna, { queries: ['where does the ferry leave'], items: [file(one)], k: 1 });
    for (const spy of spies) spy.mockRestore();
    expect(found(reply)).toEqual(texts);
    expect(await world.count('placements', 'file_id = $1', one.id)).toBe(1);
  });

  it('finds a file whose move ends between the looks at its two bases', async (context) => {
    if (missing) return context.skip();
    const texts = ['The tram ends at the old mill.'];
    const { from, to, arrive, end } = await moving(texts);
    await arrive();
    let isOver = false;
    const spies = repositories().map((repository) => {
      const original = repository.live.bind(repository);
      return vi.spyOn(repository, 'live').mockImplementation(async (index, hits) => {
        if (hits[0]?.scope === from) await waitFor(() => isOver, { what: 'the other base to be looked at' });
        const checked = await original(index, hits);
        if (hits[0]?.scope === to && !isOver) {
          await end();
          isOver = true;
        }
        return checked;
      });
    });
    const reply = await search(anna, { queries: ['where does the tram end'], items: [base(from), base(to)], k: 1 });
    for (const spy of spies) spy.mockRestore();
    expect(found(reply)).toEqual(texts);
  });

  it('a base is not deleted while files that left it are found only there', async (context) => {
    if (missing) return context.skip();
    const texts = ['The clock tower is closed.'];
    const { from, to, arrive, end } = await moving(texts);
    const drop = (call: typeof knowledge.remove | typeof knowledge.reset) =>
      world.caller.rpc.call(call, { knowledgeId: from }, { principal: anna });
    const isRefused = { code: 'UNAVAILABLE', details: { problem: 'files_leaving', retryAfter: 5 } };
    await expect(drop(knowledge.remove)).rejects.toMatchObject(isRefused);
    await expect(drop(knowledge.reset)).rejects.toMatchObject(isRefused);
    await arrive();
    await end();
    await drop(knowledge.remove);
    expect(found(await search(anna, { queries: ['clock tower'], items: [base(to)], k: 1 }))).toEqual(texts);
    // What failed in its new base may never arrive.
    const failed = await moving(texts);
    await world.db.query(`UPDATE files SET state = 'failed' WHERE id = $1`, [failed.one.id]);
    const dropped = world.caller.rpc.call(knowledge.remove, { knowledgeId: failed.from }, { principal: anna });
    expect(await dropped).toEqual({ deleted: true });
  });

  it('a paused worker that writes old points after the deletion brings nothing back', async (context) => {
    if (missing) return context.skip();
    const scope = await world.base(anna);
    const one = await world.plant({ user: anna, texts: ['The old plan was to sail in May.'], scope });
    const next = await world.replace(one, ['The new plan is to sail in June.']);
    await world.store.delete(world.collection, { fileIds: [one.id], generationBelow: 2 });
    await world.points(one);
    const ask = async () => found(await search(anna, { queries: ['when do we sail'], items: [base(scope)], k: 5 }));
    expect(await ask()).toEqual(next.texts);
    await world.markDeleted(next);
    await world.store.delete(world.collection, { fileIds: [one.id] });
    await world.points(one);
    await world.points(next);
    expect(await ask()).toEqual([]);
  });

  it('reaches k beyond a thousand stale points', async (context) => {
    if (missing) return context.skip();
    const scope = await world.base(anna);
    const stale = Array.from({ length: 1_300 }, (_, n) => `walnut cabinet ${n}`);
    await world.points({ id: randomUUID(), name: '', userId: anna.userId, scope, generation: 1, texts: stale });
    const live = await world.plant({
      user: anna,
      texts: ['one walnut and a long story', 'two birds on a wire'],
      scope,
    });
    const reply = await search(anna, { queries: ['walnut cabinet'], items: [base(scope)], k: 2 });
    expect(found(reply).sort()).toEqual([...live.texts].sort());
  });

  it('leaves out chunks below the threshold', async (context) => {
    if (missing) return context.skip();
    const texts = ['violin concert tonight', 'tonight the violin rests', 'gravel and sand by the ton'];
    const one = await world.plant({ user: anna, texts });
    for (const hybrid of [false, true]) {
      const ask = async (threshold: number) =>
        found(await search(anna, { queries: ['violin concert tonight'], items: [file(one)], k: 3, hybrid, threshold }));
      expect(await ask(0)).toHaveLength(3);
      expect(await ask(0.7)).toEqual(texts.slice(0, 2));
      expect(await ask(0.99)).toEqual(texts.slice(0, 1));
    }
  });

  it('says when nothing is above the threshold, unless there is nothing to be found yet', async (context) => {
    if (missing) return context.skip();
    const scope = await world.base(anna);
    const ask = (threshold: number) =>
      search(anna, { queries: ['ships in a bottle'], items: [base(scope)], threshold });
    expect((await ask(0.99)).nothing).toBeUndefined();
    await world.plant({ user: anna, texts: ['Gravel and sand by the ton.'], scope });
    expect((await ask(0)).nothing).toBeUndefined();
    const searches = world.replicas.map(({ app }) => vi.spyOn(app.get(ItemSearch, { strict: false }), 'search'));
    const reply = await ask(0.99);
    expect(reply).toMatchObject({ nothing: true, sources: [], count: 0 });
    expect(searches.flatMap(({ mock }) => mock.calls)).toHaveLength(1);
    for (const spy of searches) spy.mockRestore();
    expect(reply.template).toMatch(/hold nothing about it.*\{\{QUERY\}\}/s);
  });

  it('gives no text that repeats another one, but the next', async (context) => {
    if (missing) return context.skip();
    const scope = await world.base(anna);
    const rule = 'Bicycles are left in the yard, and never in the stairwell of the house.';
    const other = 'Prams are left under the stairs.';
    for (const text of [rule, rule.toUpperCase(), `${rule}`, 'Bicycles are left in the yard.'])
      await world.plant({ user: anna, texts: [text], scope });
    await world.plant({ user: anna, texts: [other], scope });
    for (const hybrid of [false, true]) {
      const reply = await search(anna, { queries: [rule], items: [base(scope)], k: 2, hybrid });
      expect(found(reply).map((text) => text.toLowerCase())).toEqual([rule.toLowerCase(), other.toLowerCase()]);
    }
  });

  it('gives the text around a chunk that was cut within its section, once and within bounds', async (context) => {
    if (missing) return context.skip();
    const texts = ['On the first page.', ...['one', 'two', 'three', 'four'].map((n) => `The sentence of part ${n}.`)];
    const file = await world.plant({ user: anna, texts, pages: [1, 2, 2, 2, 2] });
    const repository = world.replicas[0]!.app.get(SearchRepository, { strict: false });
    const hits = (
      await repository.live(
        world.indexId,
        file.texts.map((_, ordinal) => hit(file, ordinal)),
      )
    ).chunks.map((chunk) => ({ ...chunk, similarity: 1, score: 1 }));
    const around = async (most: number, ...ordinals: number[]) => {
      const neighbours = new Neighbours(repository, { RAG_NEIGHBOUR_CHARS: most });
      const [list] = await neighbours.around([ordinals.map((ordinal) => hits[ordinal]!)]);
      return list?.map(({ text, start }) => [text, start]);
    };
    const start = (ordinal: number) => hits[ordinal]!.start;
    expect(await around(0, 2)).toEqual([[texts[2], start(2)]]);
    expect(await around(500, 0, 1)).toEqual([
      [texts[0], 0],
      [`${texts[1]}\n${texts[2]}`, start(1)],
    ]);
    expect(await around(10, 2)).toEqual([[`part one.\n${texts[2]}\nThe`, start(2) - 10]]);
    // The third is given with the second; the fourth is there itself.
    expect(await around(500, 2, 4)).toEqual([
      [texts.slice(1, 4).join('\n'), start(1)],
      [texts[4], start(4)],
    ]);
  });

  it('finds rare words by a hybrid search that a semantic search ranks last', async (context) => {
    if (missing) return context.skip();
    const user = newUser();
    const scope = await world.base(user);
    // Alike for the embedder, which knows singular and plural as one; other words for the keyword half.
    const noise = Array.from({ length: 30 }, (_, n) => `engines pumps ${n}`);
    await world.plant({ user, texts: noise, scope, name: 'engines.txt' });
    const needle = 'Part QX-7731-B needs oil, its valve wants care, and so does every seal between them.';
    await world.plant({ user, texts: [needle], scope, name: 'parts.txt' });
    const ask = async (hybrid: boolean) =>
      found(
        await search(user, {
          queries: ['engine pump QX-7731-B'],
          items: [base(scope)],
          k: 3,
          hybrid,
        }),
      );
    expect(await ask(false)).not.toContain(needle);
    expect(await ask(true)).toContain(needle);
  });

  it('searches several wordings, each chunk once, by its best', async (context) => {
    if (missing) return context.skip();
    const texts = ['apples ripen in autumn', 'the train leaves at nine', 'cement hardens slowly'];
    const one = await world.plant({ user: anna, texts });
    const again = await world.plant({ user: anna, texts: [texts[0]!] });
    const reply = await search(anna, {
      queries: ['apples in autumn', 'when does the train leave'],
      items: [file(one), file(again), file(one)],
      k: 2,
    });
    expect(found(reply).sort()).toEqual([texts[0], texts[0], texts[1]].sort());
    // Two files of one name are two documents: each goes by its id.
    expect(reply.count).toBe(2);
    expect(new Set(reply.sources.flatMap(({ metadata }) => metadata.map(({ source }) => source)))).toEqual(
      new Set([one.id, again.id]),
    );
  });

  it('puts first what a reranker finds more relevant, within its own threshold and number; without it, its own order', async (context) => {
    if (missing) return context.skip();
    let isBroken = false;
    const reranker = createServer((request, response) => {
      if (isBroken) return void response.writeHead(500).end();
      void json(request).then((asked) => {
        const { documents: texts } = asked as { documents: string[] };
        const results = texts.map((text, index) => ({ index, relevance_score: text.includes('third') ? 0.9 : 0.2 }));
        response.end(JSON.stringify({ results }));
      });
    });
    await new Promise<void>((listening) => reranker.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(reranker.address() as AddressInfo).port}/rerank`;
    const scope = await world.base(anna);
    const texts = ['the tide table, first', 'the tide table, second', 'what the third keeper wrote of the moon'];
    await world.plant({ user: anna, texts, scope });
    const question = { queries: ['the tide table, first'], items: [base(scope)] };
    const [first, , third] = texts;
    expect(found(await search(anna, { ...question, k: 1 }))).toEqual([first]);
    await set({ RAG_RERANKING_ENGINE: 'external', RAG_EXTERNAL_RERANKER_URL: url, TOP_K_RERANKER: 2 });
    try {
      expect(found(await search(anna, { ...question, k: 1 }))).toEqual([third]);
      expect(found(await search(anna, { ...question, k: 10 }))).toEqual([third, first]);
      const reply = await search(anna, { ...question, threshold: 0.5 });
      expect(reply.sources).toMatchObject([{ document: [third], distances: [0.9] }]);
      expect(await query(anna, { collections: [scope], query: texts[0]!, kReranker: 1 })).toMatchObject({
        documents: [third],
        distances: [0.9],
      });
      isBroken = true;
      expect(found(await search(anna, { ...question, threshold: 0.9 }))).toEqual([first]);
    } finally {
      await set({ RAG_RERANKING_ENGINE: '', RAG_EXTERNAL_RERANKER_URL: '', TOP_K_RERANKER: 3 });
      reranker.closeAllConnections();
      reranker.close();
    }
  });

  it('gives whole texts on request, and by setting', async (context) => {
    if (missing) return context.skip();
    const user = newUser();
    const scope = await world.base(user);
    const one = await world.plant({ user, texts: ['First part.', 'Second part.'], scope, name: 'a.txt' });
    await world.plant({ user, texts: ['Another file.'], scope, name: 'b.txt' });
    const reply = await search(user, {
      queries: ['anything'],
      items: [
        { ...file(one), full: true },
        { ...base(scope), full: true },
      ],
    });
    expect(reply.sources.map(({ document, distances }) => ({ document, distances }))).toEqual([
      { document: ['First part.\n\nSecond part.'], distances: undefined },
      { document: ['Another file.'], distances: undefined },
    ]);
    await set({ RAG_FULL_CONTEXT: true });
    expect(found(await search(user, { queries: ['x'], items: [file(one)] }))).toEqual(['First part.\n\nSecond part.']);
    await set({ RAG_FULL_CONTEXT: false });
  });

  it('returns fewer chunks, and reports it, if all would be too long', async (context) => {
    if (missing) return context.skip();
    const texts = Array.from({ length: 100 }, (_, n) => `walrus ${n}`);
    const one = await world.plant({ user: anna, texts });
    const other = await world.plant({ user: anna, texts: ['walrus'] });
    await world.db.query(`UPDATE chunks SET text = rpad(text || ' ', 100000, 'x') WHERE file_id = $1`, [one.id]);
    const reply = await search(anna, { queries: ['walrus'], items: [file(one), file(other)], k: 100 });
    expect(reply.truncated).toBe(true);
    expect(reply.sources.map(({ document }) => document.length)).toEqual([19, 1]);
    const { documents } = await query(anna, { collections: [`file-${one.id}`], query: 'walrus', k: 100 });
    expect(documents).toHaveLength(19);
  });

  it('answers the direct routes over several collections, the best first', async (context) => {
    if (missing) return context.skip();
    const user = newUser();
    const scope = await world.base(user);
    const alone = await world.plant({ user, texts: ['zebra crossing', 'iron gate'], name: 'alone.txt' });
    await world.plant({ user, texts: ['zebra in the zoo crossing a river', 'rain'], scope, name: 'zoo.txt' });
    const reply = await query(user, { collections: [`file-${alone.id}`, scope], query: 'zebra crossing', k: 2 });
    expect(reply.documents).toEqual(['zebra crossing', 'zebra in the zoo crossing a river']);
    expect(reply.metadatas.map(({ name }) => name)).toEqual(['alone.txt', 'zoo.txt']);
    expect(reply.ids).toHaveLength(2);
    expect(reply.distances[0]).toBeCloseTo(1, 3);
    expect((await query(user, { collections: [scope], query: 'zebra', threshold: 0.99 })).documents).toEqual([]);
  });
});
