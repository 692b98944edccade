import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '@perennial/persistence';
import type { SealedEmbedding } from '../settings/settings';

/** A collection of a vector store with the settings of its vectors. */
export interface VectorIndex {
  id: string;
  /** The name of the store, for all points but those of placements with a store of their own. */
  store: string;
  /** Name in the vector store. */
  collection: string;
  /** As `embeddingModelId` says it. */
  model: string;
  dimension: number;
  /**
   * `building`: being filled while another is active. `active`: used by searches. `former`: still written after a move to another store,
   * so that it can answer again. `retired`: no longer written, and dropped after a grace period.
   */
  state: 'building' | 'active' | 'former' | 'retired';
  /** Address and encrypted keys of its model's server; `IndexEmbeddings` decrypts them. */
  embedding: SealedEmbedding;
}

type NewIndex = Pick<VectorIndex, 'store' | 'model' | 'dimension' | 'embedding'>;

/** The files with one of these residences, or all others. */
export interface Residents {
  amongst: boolean;
  residences: readonly string[];
}

/** In the table a former index is a retired one, which an older version neither writes nor drops. */
const FORMER = `state = 'retired' AND former_since IS NOT NULL`;
const STATE = `CASE WHEN ${FORMER} THEN 'former' ELSE state END AS state`;
const COLUMNS = `id, collection, store, model, dimension, ${STATE}, embedding`;
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

  /** The indexes for new points, the active one first: it, the one that is being filled, and the former one. */
  async writable(db: Queryable = this.database): Promise<VectorIndex[]> {
    const indexes = await db.query<VectorIndex>(
      `SELECT ${COLUMNS} FROM indexes WHERE state IN ('active', 'building') OR ${FORMER} ORDER BY state = 'active' DESC, created_at`,
      [],
      { name: 'indexes.writable' },
    );
    const embedding = indexes.find(({ state }) => state === 'active')?.embedding;
    // Of the same model; only the keys of the active one are kept up to date.
    return indexes.map((index) => (index.state === 'former' && embedding ? { ...index, embedding } : index));
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
  async addFirst(index: NewIndex): Promise<VectorIndex> {
    await this.database.execute(
      `INSERT INTO indexes (id, collection, store, model, dimension, embedding, state, activated_at)
       SELECT id, ${COLLECTION}, $1, $2, $3, $4, 'active', now() FROM (SELECT gen_random_uuid() AS id) new ON CONFLICT DO NOTHING`,
      valuesOf(index),
    );
    const active = await this.active();
    if (!active) throw new Error('no index is active after one was added');
    return active;
  }

  /** Adds an index to be filled. Fails when there is one already. */
  async addBuilding(tx: Queryable, index: NewIndex): Promise<VectorIndex> {
    const row = await tx.first<VectorIndex>(
      `INSERT INTO indexes (id, collection, store, model, dimension, embedding, state)
       SELECT id, ${COLLECTION}, $1, $2, $3, $4, 'building' FROM (SELECT gen_random_uuid() AS id) new RETURNING ${COLUMNS}`,
      valuesOf(index),
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
   * Makes the former index the one that is being filled, if it is of this kind: it lacks little.
   *
   * @returns undefined if there is none
   */
  reopenFormer(tx: Queryable, { store, model, dimension, embedding }: NewIndex): Promise<VectorIndex | undefined> {
    return tx.first<VectorIndex>(
      `UPDATE indexes SET state = 'building', former_since = NULL, retired_at = NULL, embedding = $4
        WHERE ${FORMER} AND store = $1 AND model = $2 AND dimension = $3 RETURNING ${COLUMNS}`,
      valuesOf({ store, model, dimension, embedding }),
    );
  }

  /**
   * Gives up the index that is being filled, if there is one: it gets no further writes, and is dropped after a moment. One that has
   * answered before is the former one again.
   */
  async retireBuilding(tx: Queryable): Promise<void> {
    await tx.execute(
      `UPDATE indexes SET state = 'retired',
              former_since = CASE WHEN activated_at IS NOT NULL THEN now() END,
              retired_at = CASE WHEN activated_at IS NOT NULL THEN 'infinity' ELSE now() END
        WHERE state = 'building'`,
    );
  }

  /** Locks the writable indexes until the transaction ends; waits for ingestions that hold them. */
  async lockWritable(tx: Queryable): Promise<void> {
    await tx.query(`SELECT id FROM indexes WHERE state IN ('active', 'building') ORDER BY id FOR UPDATE`);
  }

  /**
   * The single row that switches searches to another index. Of the same model in another store, the last one is still written from then on,
   * as the former one; otherwise it is only kept for a while.
   *
   * @param comparison of both, if they are in two stores
   */
  async activate(tx: Queryable, id: string, comparison?: object): Promise<void> {
    await tx.execute(
      `UPDATE indexes f SET former_since = NULL, retired_at = now() FROM indexes last, indexes next
        WHERE f.state = 'retired' AND f.former_since IS NOT NULL AND last.state = 'active' AND next.id = $1
          AND (last.store <> next.store OR f.model <> next.model OR f.dimension <> next.dimension)`,
      [id],
    );
    await tx.execute(
      `UPDATE indexes last SET state = 'retired',
              former_since = CASE WHEN moved THEN now() END, retired_at = CASE WHEN moved THEN 'infinity' ELSE now() END
         FROM (SELECT l.id, l.store <> n.store AND l.model = n.model AND l.dimension = n.dimension AS moved
                 FROM indexes l, indexes n WHERE l.state = 'active' AND n.id = $1) one
        WHERE last.id = one.id`,
      [id],
    );
    await tx.execute(`UPDATE indexes SET state = 'active', activated_at = now(), comparison = $2 WHERE id = $1`, [
      id,
      comparison === undefined ? null : JSON.stringify(comparison),
    ]);
  }

  /**
   * Ends the grace of the former index after some seconds, or when its model no longer answers: it gets no further writes, and is dropped.
   *
   * @param graceS 0: now
   * @returns whether there was one
   */
  async retireFormer(graceS: number, db: Queryable = this.database): Promise<boolean> {
    const retired = await db.execute(
      `UPDATE indexes SET former_since = NULL, retired_at = now()
        WHERE ${FORMER} AND (former_since <= now() - $1 * interval '1 second'
          OR (model, dimension) NOT IN (SELECT model, dimension FROM indexes WHERE state = 'active'))`,
      [graceS],
    );
    return retired > 0;
  }

  /** The collections that may be dropped: retired for `answeredS` seconds, or for `unusedS` if they have never answered. */
  retired(answeredS: number, unusedS: number): Promise<Pick<VectorIndex, 'id' | 'collection' | 'store' | 'state'>[]> {
    return this.database.query(
      `SELECT id, collection, store, state FROM indexes
        WHERE state = 'retired' AND former_since IS NULL
          AND retired_at < now() - (CASE WHEN activated_at IS NULL THEN $2::float8 ELSE $1::float8 END) * interval '1 second'`,
      [answeredS, unusedS],
    );
  }

  /** Deletes a retired index and its records. */
  async forget(id: string): Promise<void> {
    await this.database.execute(`DELETE FROM indexes WHERE id = $1 AND state = 'retired' AND former_since IS NULL`, [
      id,
    ]);
  }
}

function valuesOf({ store, model, dimension, embedding }: NewIndex): unknown[] {
  return [store, model, dimension, JSON.stringify(embedding)];
}
