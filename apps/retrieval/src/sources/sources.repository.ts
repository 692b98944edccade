import { Injectable } from '@nestjs/common';
import type { CallParsedRequest } from '@perennial/contracts-kernel';
import type { knowledgeSources, SourceConfig, SourceDocument } from '@perennial/contracts-retrieval';
import { Database, type Queryable, type Tx } from '@perennial/persistence';
import type { SourceRow } from './source-row';

const EPOCH = (time: string): string => `floor(extract(epoch FROM ${time}))::float8`;

const COLUMNS = `
  s.id, s.base_id AS "knowledgeId", s.config, s.interval_s AS "intervalS", s.error, s.truncated,
  CASE WHEN s.owner IS NOT NULL THEN 'running' WHEN s.running OR s.next_at <= now() THEN 'waiting' ELSE 'idle' END AS state,
  ${EPOCH('s.started_at')} AS "startedAt", ${EPOCH('s.finished_at')} AS "finishedAt", ${EPOCH('s.succeeded_at')} AS "succeededAt",
  CASE WHEN s.next_at < 'infinity' THEN ${EPOCH("nullif(s.next_at, 'infinity')")} END AS "nextAt", ${EPOCH('s.created_at')} AS "createdAt",
  jsonb_build_object('waiting', 0, 'stored', 0, 'duplicate', 0, 'skipped', 0, 'failed', 0, 'absent', 0) || coalesce((
    SELECT jsonb_object_agg(d.state, d.count)
      FROM (SELECT state, count(*) FROM source_documents WHERE source_id = s.id AND NOT listing GROUP BY state) d), '{}') AS documents`;

/** Statements of people on the sources of a base, whose row is locked before anything changes. */
@Injectable()
export class SourcesRepository {
  constructor(private readonly database: Database) {}

  list(baseId: string): Promise<SourceRow[]> {
    return this.database.query<SourceRow>(
      `SELECT ${COLUMNS} FROM knowledge_sources s WHERE s.base_id = $1 ORDER BY s.created_at, s.id`,
      [baseId],
    );
  }

  find(baseId: string, sourceId: string, db: Queryable = this.database): Promise<SourceRow | undefined> {
    return db.first<SourceRow>(`SELECT ${COLUMNS} FROM knowledge_sources s WHERE s.base_id = $1 AND s.id = $2`, [
      baseId,
      sourceId,
    ]);
  }

  async count(tx: Tx, baseId: string): Promise<number> {
    const row = await tx.first<{ count: number }>(
      'SELECT count(*)::int AS count FROM knowledge_sources WHERE base_id = $1',
      [baseId],
    );
    return row?.count ?? 0;
  }

  async insert(tx: Tx, { id, baseId, userId, config, sealedToken, intervalS }: NewSource): Promise<void> {
    await tx.execute(
      'INSERT INTO knowledge_sources (id, base_id, user_id, config, sealed_token, interval_s) VALUES ($1, $2, $3, $4, $5, $6)',
      [id, baseId, userId, JSON.stringify(config), sealedToken, intervalS],
    );
  }

  /** Its next sync is that long after its last one, or as soon as that was; a pause after a failure is not cut short. */
  async setInterval(tx: Tx, sourceId: string, intervalS: number | null): Promise<void> {
    await tx.execute(
      `UPDATE knowledge_sources
          SET interval_s = $2,
              next_at = CASE WHEN running OR next_at <= now() THEN next_at
                             WHEN $2::int IS NULL THEN 'infinity'
                             ELSE coalesce(finished_at, now()) + $2::int * interval '1 second' END
        WHERE id = $1`,
      [sourceId, intervalS],
    );
  }

  /** Makes it due, unless a sync has begun: a pause that its server has asked for is kept. */
  async request(tx: Tx, sourceId: string): Promise<void> {
    await tx.execute(
      `UPDATE knowledge_sources SET next_at = least(next_at, now()), queued_at = now() WHERE id = $1 AND NOT running`,
      [sourceId],
    );
  }

  /** Removes it; a worker that reads it loses it. */
  async remove(tx: Tx, sourceId: string): Promise<boolean> {
    return (await tx.execute('DELETE FROM knowledge_sources WHERE id = $1', [sourceId])) > 0;
  }

  /** The ids of its files in the base, in order. */
  async files(tx: Tx, baseId: string, sourceId: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `SELECT DISTINCT d.file_id AS id FROM source_documents d JOIN placements p ON p.file_id = d.file_id AND p.scope = $1 AND p.moved_to IS NULL
        WHERE d.source_id = $2 ORDER BY 1`,
      [baseId, sourceId],
    );
    return rows.map(({ id }) => id);
  }

  documents({
    sourceId,
    state,
    after,
    limit,
  }: CallParsedRequest<typeof knowledgeSources.documents>): Promise<SourceDocument[]> {
    return this.database.query<SourceDocument>(
      `SELECT d.address, d.state, d.message, f.id AS "fileId", f.state AS "fileState", f.error ->> 'message' AS "fileError",
              ${EPOCH('d.absent_since')} AS "absentSince", ${EPOCH('d.checked_at')} AS "checkedAt"
         FROM source_documents d LEFT JOIN files f ON f.id = d.file_id AND f.deleted_at IS NULL
        WHERE d.source_id = $1 AND NOT d.listing AND ($2::text IS NULL OR d.state = $2) AND d.address > $3
        ORDER BY d.address LIMIT $4`,
      [sourceId, state ?? null, after ?? '', limit],
    );
  }
}

export interface NewSource {
  id: string;
  baseId: string;
  userId: string;
  config: SourceConfig;
  /** Of a private repository. */
  sealedToken: string | null;
  intervalS: number | null;
}
