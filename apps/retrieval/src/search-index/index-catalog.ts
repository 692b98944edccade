import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '@perennial/persistence';
import type { SealedEmbedding } from '../settings/settings';

/** A collection of the vector store with what its vectors are made by. */
export interface VectorIndex {
  id: string;
  /** Name in the vector store. */
  collection: string;
  /** As `embeddingModelId` says it. */
  model: string;
  dimension: number;
  /** `building`: is being filled while another answers. `active`: answers. `retired`: kept for a grace period, then dropped. */
  state: 'building' | 'active' | 'retired';
  /** Where its model is asked; `IndexEmbeddings` opens the keys. */
  embedding: SealedEmbedding;
}

const COLUMNS = 'id, collection, model, dimension, state, embedding';
/** Never used twice. */
const COLLECTION = `'idx_' || replace(id::text, '-', '')`;

/** Which indexes there are. Read from Postgres each time: a switch of the active one is seen by the next statement everywhere. */
@Injectable()
export class IndexCatalog {
  constructor(private readonly database: Database) {}

  /** The index that answers searches; undefined before the first file was embedded. */
  active(db: Queryable = this.database): Promise<VectorIndex | undefined> {
    return db.first<VectorIndex>(`SELECT ${COLUMNS} FROM indexes WHERE state = 'active'`, [], {
      name: 'indexes.active',
    });
  }

  /** The indexes that new points are written to: the active one and the one that is being filled. */
  writable(db: Queryable = this.database): Promise<VectorIndex[]> {
    return db.query<VectorIndex>(
      `SELECT ${COLUMNS} FROM indexes WHERE state IN ('active', 'building') ORDER BY created_at`,
      [],
      { name: 'indexes.writable' },
    );
  }

  /** All that may hold points, also those that answer no longer: what is deleted is deleted from each. */
  all(db: Queryable = this.database): Promise<VectorIndex[]> {
    return db.query<VectorIndex>(`SELECT ${COLUMNS} FROM indexes ORDER BY created_at`);
  }

  /**
   * For the last transaction of an ingestion, which makes a generation live: the active index, held as it is until that transaction
   * ends. Unless the file's points are in this very index, the transaction must be given up and the points written first; an index that
   * is being filled needs no such care, it is not switched to before the file is in it too.
   */
  holdActive(tx: Queryable): Promise<{ id: string } | undefined> {
    return tx.first<{ id: string }>(`SELECT id FROM indexes WHERE state = 'active' FOR SHARE`);
  }

  /** Until the transaction ends nobody else looks whether the collection of this index is there. */
  async lockCollection(tx: Queryable, id: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('perennial.retrieval.collection.' || $1, 0))`, [id]);
  }

  /** Nothing counts as being in the index any more. @returns how many places of files did */
  unrecordAll(id: string): Promise<number> {
    return this.database.execute('DELETE FROM indexed WHERE index_id = $1', [id]);
  }

  /** Makes the first index of an installation unless there is one. @returns the active one */
  async addFirst(index: Pick<VectorIndex, 'model' | 'dimension' | 'embedding'>): Promise<VectorIndex> {
    await this.database.execute(
      `INSERT INTO indexes (id, collection, model, dimension, embedding, state, activated_at)
       SELECT id, ${COLLECTION}, $1, $2, $3, 'active', now() FROM (SELECT gen_random_uuid() AS id) new ON CONFLICT DO NOTHING`,
      [index.model, index.dimension, JSON.stringify(index.embedding)],
    );
    const active = await this.active();
    if (!active) throw new Error('no index is active after one was added');
    return active;
  }

  /** Adds an index that is to be filled. Fails when there is one already. */
  async addBuilding(
    tx: Queryable,
    index: Pick<VectorIndex, 'model' | 'dimension' | 'embedding'>,
  ): Promise<VectorIndex> {
    const row = await tx.first<VectorIndex>(
      `INSERT INTO indexes (id, collection, model, dimension, embedding, state)
       SELECT id, ${COLLECTION}, $1, $2, $3, 'building' FROM (SELECT gen_random_uuid() AS id) new RETURNING ${COLUMNS}`,
      [index.model, index.dimension, JSON.stringify(index.embedding)],
    );
    if (!row) throw new Error('an insert returned no row');
    return row;
  }

  /** Where the model of an index is asked from now on, beginning at once; its vectors stay what they are. */
  async setEmbedding(tx: Queryable, id: string, embedding: SealedEmbedding): Promise<void> {
    await tx.execute(`UPDATE indexes SET embedding = $2, paused_until = '-infinity' WHERE id = $1`, [
      id,
      JSON.stringify(embedding),
    ]);
    await tx.execute('UPDATE index_refusals SET not_before = now() WHERE index_id = $1', [id]);
  }

  /** The embedder of the index is not asked for some seconds; of no effect when it was given another one meanwhile. */
  async pause({ id, embedding }: VectorIndex, seconds: number): Promise<void> {
    await this.database.execute(
      `UPDATE indexes SET paused_until = greatest(paused_until, now() + $3 * interval '1 second') WHERE id = $1 AND embedding = $2::jsonb`,
      [id, JSON.stringify(embedding), seconds],
    );
  }

  /** Whether the embedder of the index that answers is not to be asked now. */
  async isPaused(): Promise<boolean> {
    const paused = await this.database.first(
      `SELECT 1 FROM indexes WHERE state = 'active' AND paused_until > now()`,
      [],
      { name: 'indexes.is-paused' },
    );
    return paused !== undefined;
  }

  /** Somebody wants it to be tried now. */
  async endPause(tx: Queryable): Promise<void> {
    await tx.execute(`UPDATE indexes SET paused_until = '-infinity' WHERE state = 'active' AND paused_until > now()`);
  }

  /** Gives up the index that is being filled, if there is one: nothing is written to it any more, and it is dropped after a moment. */
  async retireBuilding(tx: Queryable): Promise<void> {
    await tx.execute(`UPDATE indexes SET state = 'retired', retired_at = now() WHERE state = 'building'`);
  }

  /** Holds the writable indexes as they are until the transaction ends; waits for the ingestions that hold them. */
  async lockWritable(tx: Queryable): Promise<void> {
    await tx.query(`SELECT id FROM indexes WHERE state IN ('active', 'building') ORDER BY id FOR UPDATE`);
  }

  /** The one row by which everybody searches another index. The former one is kept for a while. */
  async activate(tx: Queryable, id: string): Promise<void> {
    await tx.execute(`UPDATE indexes SET state = 'retired', retired_at = now() WHERE state = 'active'`);
    await tx.execute(`UPDATE indexes SET state = 'active', activated_at = now() WHERE id = $1`, [id]);
  }

  /** The collections that may be dropped: retired for `answeredS` seconds, or for `unusedS` if they have never answered. */
  retired(answeredS: number, unusedS: number): Promise<{ id: string; collection: string }[]> {
    return this.database.query(
      `SELECT id, collection FROM indexes
        WHERE state = 'retired'
          AND retired_at < now() - (CASE WHEN activated_at IS NULL THEN $2::float8 ELSE $1::float8 END) * interval '1 second'`,
      [answeredS, unusedS],
    );
  }

  /** Forgets a retired index and what was in it. */
  async forget(id: string): Promise<void> {
    await this.database.execute(`DELETE FROM indexes WHERE id = $1 AND state = 'retired'`, [id]);
  }
}
