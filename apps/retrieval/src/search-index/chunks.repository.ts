import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';

/** The columns of a chunk that indexing needs. */
export interface StoredChunk {
  ordinal: number;
  text: string;
  hash: string;
  page: number | null;
  heading: string | null;
  /** Of its file. */
  name: string;
}

/** The stored chunks of files. */
@Injectable()
export class ChunksRepository {
  constructor(private readonly database: Database) {}

  /** The chunks of one generation, `size` at a time, in their order. */
  async *pages(fileId: string, generation: number, size: number): AsyncGenerator<StoredChunk[]> {
    for (let from = 0; ;) {
      const chunks = await this.database.query<StoredChunk>(
        `SELECT c.ordinal, c.text, c.hash, c.page, c.heading, f.name
           FROM chunks c JOIN files f ON f.id = c.file_id
          WHERE c.file_id = $1 AND c.generation = $2 AND c.ordinal >= $3 ORDER BY c.ordinal LIMIT $4`,
        [fileId, generation, from, size],
        { name: 'chunks.page' },
      );
      yield chunks;
      if (chunks.length < size) return;
      from = (chunks.at(-1)?.ordinal ?? from) + 1;
    }
  }
}
