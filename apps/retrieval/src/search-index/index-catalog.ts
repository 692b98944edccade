import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '@perennial/persistence';
import type { SealedEmbedding } from '../settings/settings';

/** A collection of the vector store with the settings of its vectors. */
export interface VectorIndex {
  id: string;
  /** Name in the vector store. */
  collection: string;
  /** As `embeddingModelId` says it. */
  model: string;
  dimension: number;
  /**
   * `building`: being filled while another is active. `active`: used by searches. `retired`: kept for a grace period, then dropped.
   */
  state: 'building' | 'active' | 'retired';
  /** Address and encrypted keys of its model's server; `IndexEmbeddings` decrypts them. */
  embedding: SealedEmbedding;
}

/** The files with one of these residences, or all others. */
export interface Residents {
  amongst: boolean;
  residences: readonly string[];
}

const COLUMNS = 'id, collection, model, dimension, state, embedding';
/** Never reused. */
const COLLECTION = `'idx_' || replace(id::text, '-', '')`;

/** The indexes. Read from Postgres each time: every process sees a switch with its next statement. */
@Injectable()
export class IndexCatalog {
  constructor(private readonly database: Database) {}

  /** The index for searches; undefined before the first file was embedded. */
  active(db: Queryable = this.database): Promise<VectorIndex | undefined> {
    return db.first<VectorIndex>(`SELECT ${COLUMNS} FROM indexes WHERE state = 'active'`, [], {
      name: 'indexes.active',
    });
  }

  /** The indexes for new points: the active one and the one that is being filled. */
  writable(db: Queryable = this.database): Promise<VectorIndex[]> {
    return db.query<VectorIndex>(
      `SELECT ${COLUMNS} FROM indexes WHERE state IN ('active', 'building') ORDER BY created_at`,
      [],
      { name: 'indexes.writable' },
    );
  }

  /** All indexes that may hold points, including retired ones: deletions apply to each. */
  all(db: Queryable = this.database): Promise<VectorIndex[]> {
    return db.query<VectorIndex>(`SELECT ${COLUMNS} FROM indexes ORDER BY created_at`);
  }

  /**
   * For the last transaction of an ingestion, which makes a generation live: locks and returns the active index until that transaction
   * ends. Unless the file's points are in this index, the transaction must be rolled back and the points written first. A building index
   * needs no lock: it becomes active only when the file is in it too.
   */
  holdActive(tx: Queryable): Promise<{ id: string } | undefined> {
    return tx.first<{ id: string }>(`SELECT id FROM indexes WHERE state = 'active' FOR SHARE`);
  }

  /** Serialises checks for the collection of this index, until the transaction ends. */
  async lockCollection(tx: Queryable, id: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('perennial.retrieval.collection.' || $1, 0))`, [id]);
  }

  /**
   * Clears the records of this index of some files.
   *
   * @returns the number of placements
   */
  unrecordAll(id: string, { amongst, residences }: Residents): Promise<number> {
    return this.database.execute(
      `DELETE FROM indexed i USING files f
        WHERE i.index_id = $1 AND f.id = i.file_id AND coalesce(f.residence = ANY ($2::text[]), false) = $3`,
      [id, residences, amongst],
    );
  }

  /**
   * Creates the first index of an installation unless there is one.
   *
   * @returns the active one
   */
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

  /** Adds an index to be filled. Fails when there is one already. */
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

  /** Changes the server of an index's model, effective at once; its vectors stay. */
  async setEmbedding(tx: Queryable, id: string, embedding: SealedEmbedding): Promise<void> {
    await tx.execute(`UPDATE indexes SET embedding = $2, paused_until = '-infinity' WHERE id = $1`, [
      id,
      JSON.stringify(embedding),
    ]);
    await tx.execute('UPDATE index_refusals SET not_before = now() WHERE index_id = $1', [id]);
  }

  /** Pauses the embedder of the index for some seconds; no effect if its settings changed meanwhile. */
  async pause({ id, embedding }: VectorIndex, seconds: number): Promise<void> {
    await this.database.execute(
      `UPDATE indexes SET paused_until = greatest(paused_until, now() + $3 * interval '1 second') WHERE id = $1 AND embedding = $2::jsonb`,
      [id, JSON.stringify(embedding), seconds],
    );
  }

  /** Whether the embedder of the active index is paused. */
  async isPaused(): Promise<boolean> {
    const paused = await this.database.first(
      `SELECT 1 FROM indexes WHERE state = 'active' AND paused_until > now()`,
      [],
      { name: 'indexes.is-paused' },
    );
    return paused !== undefined;
  }

  /** Ends the pause at an admin's or user's request. */
  async endPause(tx: Queryable): Promise<void> {
    await tx.execute(`UPDATE indexes SET paused_until = '-infinity' WHERE state = 'active' AND paused_until > now()`);
  }

  /**
   * Gives up the index that is being filled, if there is one: it gets no further writes, and is dropped after a moment.
   */
  async retireBuilding(tx: Queryable): Promise<void> {
    await tx.execute(`UPDATE indexes SET state = 'retired', retired_at = now() WHERE state = 'building'`);
  }

  /** Locks the writable indexes until the transaction ends; waits for ingestions that hold them. */
  async lockWritable(tx: Queryable): Promise<void> {
    await tx.query(`SELECT id FROM indexes WHERE state IN ('active', 'building') ORDER BY id FOR UPDATE`);
  }

  /** The single row that switches searches to another index. The former one is kept for a while. */
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

  /** Deletes a retired index and its records. */
  async forget(id: string): Promise<void> {
    await this.database.execute(`DELETE FROM indexes WHERE id = $1 AND state = 'retired'`, [id]);
  }
}
