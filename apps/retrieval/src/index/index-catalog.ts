import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '@perennial/persistence';

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
}

const COLUMNS = 'id, collection, model, dimension, state';

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
}
