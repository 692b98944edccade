import { Injectable } from '@nestjs/common';
import { Database } from '@perennial/persistence';

/** Rows of one statement. */
const PAGE = 2_000;

/**
 * Vectors that were paid for, by model (`embeddingModelId`) and hash of the text (SHA-256, hex). Shared by all replicas. A missing vector can
 * be computed again, so unused rows may be deleted at any time.
 */
@Injectable()
export class EmbeddingCache {
  constructor(private readonly database: Database) {}

  /** The hashes that have a vector; marks them as used now. */
  async present(model: string, hashes: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (const page of pages(hashes)) {
      const rows = await this.database.query<{ hash: string; stale: boolean }>(
        `SELECT hash, used_at < now() - interval '1 hour' AS stale
           FROM embeddings_cache WHERE model = $1 AND hash = ANY ($2)`,
        [model, page],
      );
      for (const { hash } of rows) found.add(hash);
      const stale = rows.filter((row) => row.stale).map(({ hash }) => hash);
      if (stale.length > 0) await this.touch(model, stale);
    }
    return found;
  }

  /** The vectors of the hashes, if present. */
  async vectors(model: string, hashes: readonly string[]): Promise<Map<string, Float32Array>> {
    const vectors = new Map<string, Float32Array>();
    for (const page of pages(hashes)) {
      const rows = await this.database.query<{ hash: string; vector: Buffer }>(
        'SELECT hash, vector FROM embeddings_cache WHERE model = $1 AND hash = ANY ($2)',
        [model, page],
      );
      for (const { hash, vector } of rows) vectors.set(hash, vectorOf(vector));
    }
    return vectors;
  }

  /** Stores vectors; the first of two for the same text stays. Durable when it returns. */
  async add(model: string, vectors: readonly { hash: string; vector: Float32Array }[]): Promise<void> {
    // One order for all writers: two that add the same texts wait for each other without a deadlock.
    const sorted = [...vectors].sort((one, other) => (one.hash < other.hash ? -1 : 1));
    await this.database.execute(
      `INSERT INTO embeddings_cache (model, hash, vector)
       SELECT $1, hash, vector FROM unnest($2::text[], $3::bytea[]) AS new (hash, vector) ON CONFLICT DO NOTHING`,
      [model, sorted.map(({ hash }) => hash), sorted.map(({ vector }) => bytesOf(vector))],
    );
  }

  /**
   * Removes up to `limit` vectors that were not used for `unusedS` seconds.
   *
   * @returns how many there were
   */
  prune(unusedS: number, limit: number): Promise<number> {
    return this.database.execute(
      `DELETE FROM embeddings_cache WHERE (model, hash) IN
         (SELECT model, hash FROM embeddings_cache WHERE used_at < now() - $1 * interval '1 second'
           ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [unusedS, limit],
    );
  }

  private async touch(model: string, hashes: string[]): Promise<void> {
    // Rows that another transaction touches now are left to it.
    await this.database.execute(
      `UPDATE embeddings_cache SET used_at = now() WHERE (model, hash) IN
         (SELECT model, hash FROM embeddings_cache WHERE model = $1 AND hash = ANY ($2) FOR UPDATE SKIP LOCKED)`,
      [model, hashes],
    );
  }
}

function* pages(hashes: readonly string[]): Generator<string[]> {
  for (let at = 0; at < hashes.length; at += PAGE) yield hashes.slice(at, at + PAGE);
}

/** As in the column: 32-bit floats, little-endian. */
function bytesOf(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

function vectorOf(bytes: Buffer): Float32Array {
  // A copy: the driver's buffer is not aligned, and holds the rest of the result.
  const vector = new Float32Array(bytes.length / 4);
  new Uint8Array(vector.buffer).set(bytes);
  return vector;
}
