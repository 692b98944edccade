import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';

/** The steps of an ingestion, in order. */
export const STEPS = ['extract', 'split', 'embed', 'index'] as const;
export type Step = (typeof STEPS)[number];

/** The part of a chunk that must be equal in every run over the same bytes. */
export interface ChunkMark {
  ordinal: number;
  hash: string;
  start: number;
  end: number;
  page: number | null;
}

const POLL_MS = 10;

/** Watches ingestions in the database: ownership from outside. */
export class Ingestions {
  private readonly pool: Pool;

  constructor(databaseUrl: string) {
    this.pool = new Pool({ connectionString: databaseUrl, max: 2 });
    this.pool.on('error', () => undefined);
  }

  /** The instance that owns one of these files at this step, as soon as there is one. */
  async ownerAt(step: Step, fileIds: readonly string[], limitMs: number): Promise<string | undefined> {
    const deadline = Date.now() + limitMs;
    while (Date.now() < deadline) {
      const { rows } = await this.pool.query<{ instance: string }>(
        `SELECT p.instance FROM retrieval.files f JOIN retrieval.processes p ON p.id = f.owner
          WHERE f.id = ANY ($1::uuid[]) AND f.state = 'processing' AND f.step = $2 LIMIT 1`,
        [fileIds, step],
      );
      if (rows[0]) return rows[0].instance;
      await sleep(POLL_MS);
    }
    return undefined;
  }

  /** Waits until a file has reached one of these steps. */
  async reached(fileId: string, steps: readonly Step[], limitMs = 60_000): Promise<void> {
    const deadline = Date.now() + limitMs;
    while (Date.now() < deadline) {
      const { rows } = await this.pool.query<{ state: string; step: Step | null }>(
        'SELECT state, step FROM retrieval.files WHERE id = $1',
        [fileId],
      );
      const { state, step } = rows[0] ?? {};
      if (state === 'completed' || state === 'failed' || (step && steps.includes(step))) return;
      await sleep(POLL_MS);
    }
    throw new Error(`file ${fileId} did not come to ${steps.join(' or ')}`);
  }

  /** The live chunks of a file, in order. */
  async chunksOf(fileId: string): Promise<ChunkMark[]> {
    const { rows } = await this.pool.query<ChunkMark>(
      `SELECT c.ordinal, c.hash, c.start_offset AS start, c.end_offset AS "end", c.page
         FROM retrieval.chunks c JOIN retrieval.files f ON f.id = c.file_id AND f.live_generation = c.generation
        WHERE f.id = $1 ORDER BY c.ordinal`,
      [fileId],
    );
    return rows;
  }

  /** The active collection. */
  async activeCollection(): Promise<string> {
    const { rows } = await this.pool.query<{ collection: string }>(
      `SELECT collection FROM retrieval.indexes WHERE state = 'active'`,
    );
    if (!rows[0]) throw new Error('no index is active');
    return rows[0].collection;
  }

  /** Scopes of a file: a base, or the file by itself. */
  async scopesOf(fileId: string): Promise<string[]> {
    const { rows } = await this.pool.query<{ scope: string }>(
      'SELECT scope FROM retrieval.placements WHERE file_id = $1',
      [fileId],
    );
    return rows.map(({ scope }) => scope);
  }

  /** Remaining rows of a file in all tables. */
  async remains(fileId: string): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(
      `SELECT ((SELECT count(*) FROM retrieval.files WHERE id = $1) + (SELECT count(*) FROM retrieval.chunks WHERE file_id = $1)
             + (SELECT count(*) FROM retrieval.indexed WHERE file_id = $1))::int AS count`,
      [fileId],
    );
    return rows[0]?.count ?? 0;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
