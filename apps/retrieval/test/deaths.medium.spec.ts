import { randomUUID } from 'node:crypto';
import { Database, openDataSource, poolFrom, UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { freshDatabase } from '@perennial/testing';
import { ProcessTable, WorkLostError } from '@perennial/work';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileMoves } from '../src/files/file-moves.repository';
import type { IngestionJob } from '../src/files/ingestion-queue';
import { IngestionRepository } from '../src/ingestion/ingestion.repository';
import { OWNED_FILES } from '../src/ingestion/ingestion-processes';
import { retrievalMigrations } from '../src/migrations';
import { IndexCatalog } from '../src/search-index/index-catalog';

const ANY = { suspect: false, slow: true };

/** Real: Postgres and all statements. Not real: the processes, which are rows without heartbeats. */
describe('the death of a worker', () => {
  let database: Database;
  let repository: IngestionRepository;
  let table: ProcessTable<IngestionJob>;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const runtime = new Runtime({ name: 'deaths', logLevel: 'silent' });
    const url = await freshDatabase('deaths');
    const dataSource = await openDataSource({ url, schema: 'retrieval', migrations: retrievalMigrations }, runtime.log);
    close = () => dataSource.destroy();
    database = new Database(poolFrom(dataSource), runtime.metrics);
    repository = new IngestionRepository(
      database,
      new UnitOfWork(database, runtime.log),
      new IndexCatalog(database),
      new FileMoves(database),
    );
    table = new ProcessTable<IngestionJob>(database, OWNED_FILES);
  });
  afterAll(() => close?.());

  const newFile = async (): Promise<string> => {
    const id = randomUUID();
    await database.execute(
      `INSERT INTO files (id, user_id, name, content_type, size, sha256, blob_key, queued_at) VALUES ($1, $1, 'a', 'text/plain', 1, '', '', now())`,
      [id],
    );
    return id;
  };
  const process = async (): Promise<string> => {
    const id = randomUUID();
    await table.register(id, 'worker');
    return id;
  };
  /**
   * A process claims these files and dies with them.
   *
   * @returns the jobs that are then enqueued
   */
  const dieWith = async (files: readonly string[], suspect = false): Promise<IngestionJob[]> => {
    const id = await process();
    for (const file of files) expect(await repository.claim(file, id, { ...ANY, suspect })).toMatchObject({ id: file });
    return table.reap([{ id, beat: 0, silent_s: 10 }]);
  };
  const row = (id: string) =>
    database.first<{ attempts: number; deaths: number; state: string }>(
      'SELECT attempts, deaths, state FROM files WHERE id = $1',
      [id],
    );

  it('is charged to a file that was alone in it', async () => {
    const file = await newFile();
    expect(await dieWith([file])).toMatchObject([{ fileId: file, alone: false }]);
    expect(await row(file)).toEqual({ attempts: 1, deaths: 1, state: 'pending' });
  });

  it('counts for no file if there were several; after two deaths each gets a process of its own', async () => {
    const files = [await newFile(), await newFile()];
    await dieWith(files);
    const jobs = await dieWith(files);
    expect(jobs.map(({ alone }) => alone)).toEqual([true, true]);
    for (const file of files) expect(await row(file)).toEqual({ attempts: 0, deaths: 2, state: 'pending' });
    // A job that lacks the flag (an old one, a forged one) does not put such a file among others.
    const worker = await process();
    expect(await repository.claim(files[0]!, worker, ANY)).toBeUndefined();
    // Alone, the guilty one is charged, and the other one completes.
    await dieWith([files[0]!], true);
    expect(await row(files[0]!)).toMatchObject({ attempts: 1, deaths: 3 });
    const taken = await repository.claim(files[1]!, worker, { ...ANY, suspect: true });
    await repository.chunksComplete(taken!, 0, 0);
    expect(await row(files[1]!)).toMatchObject({ attempts: 0, deaths: 0 });
  });

  it('that was not reaped is noted and not charged', async () => {
    const file = await newFile();
    const id = await process();
    await repository.claim(file, id, ANY);
    await database.execute('DELETE FROM processes WHERE id = $1', [id]);
    expect(await repository.requeueOrphans()).toMatchObject([{ fileId: file }]);
    expect(await row(file)).toEqual({ attempts: 0, deaths: 1, state: 'pending' });
  });

  it('that a failover made Postgres forget: its claim is issued again under the same epoch, and it can write nothing more', async () => {
    const file = await newFile();
    const [early, late] = [await process(), await process()];
    const lost = await repository.claim(file, early, ANY);
    // The row as a standby has it that never received the claim.
    await database.execute(`UPDATE files SET state = 'pending', owner = NULL, epoch = epoch - 1 WHERE id = $1`, [file]);
    const present = await repository.claim(file, late, ANY);
    expect(present).toEqual({ ...lost, owner: late });
    const chunk = { ordinal: 0, text: 'a', start: 0, end: 1, hash: 'a' };
    const refused = [
      () => repository.assertMine(lost!),
      () => repository.addChunks(lost!, [chunk]),
      () => repository.chunksComplete(lost!, 1, 1),
      () => repository.reach(lost!, 'split'),
      () => repository.recordIndexed(lost!, randomUUID(), []),
      () => repository.finish(lost!, { indexes: false }),
    ];
    for (const statement of refused) await expect(statement()).rejects.toThrow(WorkLostError);
    expect(await repository.fail(lost!, { code: 'X', message: 'x' })).toBeUndefined();
    expect(await repository.release(early, [lost!])).toEqual([]);
    await repository.addChunks(present!, [chunk]);
    await repository.clearChunks(lost!);
    expect(await database.query('SELECT text FROM chunks WHERE file_id = $1', [file])).toEqual([{ text: 'a' }]);
    expect(await repository.release(late, [present!])).toMatchObject([{ fileId: file }]);
  });

  it('a placement that was removed and made again while its points were written is not recorded as written', async () => {
    const [file, scope, index] = [await newFile(), randomUUID(), randomUUID()];
    const place = () => database.execute('INSERT INTO placements (file_id, scope) VALUES ($1, $2)', [file, scope]);
    await database.execute(
      `INSERT INTO indexes (id, collection, model, dimension, state, embedding, activated_at) VALUES ($1, 'c', 'm', 2, 'active', '{}', now())`,
      [index],
    );
    await place();
    const claimed = (await repository.claim(file, await process(), ANY))!;
    const early = await repository.missingPlaces(claimed, index);
    // Moved away and back: a removal has deleted the points that were written so far.
    await database.execute('DELETE FROM placements WHERE file_id = $1', [file]);
    await place();
    await repository.recordIndexed(claimed, index, early);
    expect(await repository.finish(claimed, { indexes: true })).toBeUndefined();
    const late = await repository.missingPlaces(claimed, index);
    expect(late).toMatchObject([{ scope }]);
    await repository.recordIndexed(claimed, index, late);
    expect(await repository.finish(claimed, { indexes: true })).toMatchObject({ state: 'completed' });
  });
});
