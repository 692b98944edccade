import { Injectable } from '@nestjs/common';
import { SourceConfigSchema } from '@perennial/contracts-retrieval';
import { Database, type Queryable, type Tx } from '@perennial/persistence';
import { type Fence, WorkLostError } from '@perennial/work';
import {
  type ClaimedSource,
  type DocumentOutcome,
  type FoundDocument,
  type SourceClaim,
  type SourceProblem,
  type WaitingDocument,
} from './source-row';

/** The kinds of sources that this version can read. */
const SOURCE_KINDS = SourceConfigSchema.options.map(({ shape }) => shape.type.value);
/** The present owner: locked against a claim and a removal until the statement has ended. `$1` source, `$2` epoch, `$3` owner. */
const MINE = `mine AS (SELECT id, run FROM knowledge_sources WHERE id = $1 AND epoch = $2 AND owner = $3 FOR SHARE)`;
const IS_MINE = 's.id = $1 AND s.epoch = $2 AND s.owner = $3';
/** The file of `source_documents d` in the base `$2`: one that a person has removed counts as none. */
const FILE_IN_BASE = `(
  SELECT f.id FROM placements p JOIN files f ON f.id = p.file_id AND f.deleted_at IS NULL WHERE p.file_id = d.file_id AND p.scope = $2 AND p.moved_to IS NULL)`;
/** Syncs in a row that must have missed a document before its file is removed: one may have met a mistake of its server. */
const ABSENCES = 2;

/** A document whose file is to be removed. */
export interface GoneDocument {
  address: string;
  fileId: string | null;
}

/** How a source waits again. */
export interface SourceRelease {
  /** Seconds. */
  afterS?: number;
  /** The pause counts: too many end the sync. */
  counts?: boolean;
}

/** Ownership and progress of syncs: every statement is a compare-and-set on owner and epoch. */
@Injectable()
export class SourceWorkRepository {
  constructor(private readonly database: Database) {}

  /**
   * Makes this process the owner of the next source that is due, or whose owner is dead; undefined: there is none. The person with the fewest
   * sources at workers comes first, and of theirs that which has waited longest.
   *
   * @param kinds that this process can read: the next version may have others
   */
  claim(processId: string, kinds: readonly string[] = SOURCE_KINDS): Promise<ClaimedSource | undefined> {
    return this.database.first<ClaimedSource>(
      `WITH next AS MATERIALIZED (
         SELECT c.id, b.residence
           FROM knowledge_sources c JOIN knowledge_bases b ON b.id = c.base_id AND b.deleted_at IS NULL
          WHERE c.config ->> 'type' = ANY ($2::text[])
            AND ((c.owner IS NULL AND c.next_at <= now())
                 OR (c.owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = c.owner)))
          ORDER BY (SELECT count(*) FROM knowledge_sources o WHERE o.user_id = c.user_id AND o.owner IS NOT NULL), c.queued_at
          LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
       UPDATE knowledge_sources s
          SET owner = $1, epoch = s.epoch + 1, deaths = s.deaths + (s.owner IS NOT NULL)::int, running = true, queued_at = now(),
              run = s.run + (NOT s.running)::int, truncated = s.truncated AND s.running,
              started_at = CASE WHEN s.running THEN s.started_at ELSE now() END
         FROM next WHERE s.id = next.id AND EXISTS (SELECT 1 FROM processes p WHERE p.id = $1)
       RETURNING s.id, s.epoch, s.owner, s.run, s.base_id AS "baseId", s.user_id AS "userId", next.residence, s.config, s.sealed_token AS "sealedToken", s.deaths, s.tries`,
      [processId, kinds],
      { name: 'sources.claim' },
    );
  }

  /** The sources that this process owns in Postgres, and whose base is there. */
  owned(processId: string): Promise<Fence[]> {
    return this.database.query<Fence>(
      `SELECT s.id, s.epoch FROM knowledge_sources s JOIN knowledge_bases b ON b.id = s.base_id AND b.deleted_at IS NULL
        WHERE s.owner = $1`,
      [processId],
      { name: 'sources.owned' },
    );
  }

  /** @returns those that wait again now */
  release(
    processId: string,
    fences: readonly Fence[],
    { afterS = 0, counts = false }: SourceRelease = {},
  ): Promise<Fence[]> {
    return this.database.query<Fence>(
      `UPDATE knowledge_sources s
          SET owner = NULL, queued_at = now(), next_at = now() + $4 * interval '1 second', tries = s.tries + $5::int
         FROM unnest($1::uuid[], $2::int[]) AS i (id, epoch)
        WHERE s.id = i.id AND s.epoch = i.epoch AND s.owner = $3
       RETURNING s.id, s.epoch`,
      [fences.map(({ id }) => id), fences.map(({ epoch }) => epoch), processId, afterS, counts ? 1 : 0],
    );
  }

  /** @throws WorkLostError */
  async assertMine(tx: Tx, { id, epoch, owner }: SourceClaim): Promise<void> {
    const row = await tx.first(`WITH ${MINE} SELECT 1 FROM mine`, [id, epoch, owner]);
    if (!row) throw new WorkLostError();
  }

  /**
   * Notes what was found: it waits to be read in this sync, unless that is done.
   *
   * @param most documents that the source may have; further ones are left out
   *
   * @throws WorkLostError
   */
  async found(
    { id, epoch, owner }: SourceClaim,
    found: readonly FoundDocument[],
    most: number,
    db: Queryable = this.database,
  ): Promise<void> {
    const row = await db.first(
      `WITH ${MINE},
       given AS (
         SELECT DISTINCT ON (g.address) g.* FROM unnest($4::text[], $5::boolean[], $6::int[]) WITH ORDINALITY AS g (address, listing, depth, nr)
          ORDER BY g.address, g.nr),
       fresh AS (
         SELECT g.*, row_number() OVER (ORDER BY g.nr) AS place FROM given g
          WHERE NOT EXISTS (SELECT 1 FROM source_documents d WHERE d.source_id = $1 AND d.address = g.address)),
       room AS (SELECT $7 - count(*) AS free FROM source_documents WHERE source_id = $1),
       added AS (
         INSERT INTO source_documents (source_id, address, listing, depth, seen_run)
         SELECT mine.id, fresh.address, fresh.listing, fresh.depth, mine.run FROM mine, fresh, room WHERE fresh.place <= room.free ORDER BY fresh.nr
         ON CONFLICT DO NOTHING),
       seen AS (
         UPDATE source_documents d SET seen_run = mine.run, depth = least(d.depth, given.depth) FROM mine, given
          WHERE d.source_id = mine.id AND d.address = given.address AND d.seen_run < mine.run),
       cut AS (
         UPDATE knowledge_sources s SET truncated = true FROM mine, room
          WHERE s.id = mine.id AND NOT s.truncated AND (SELECT count(*) FROM fresh) > room.free)
       SELECT 1 FROM mine`,
      [
        id,
        epoch,
        owner,
        found.map(({ address }) => address),
        found.map(({ listing }) => listing),
        found.map(({ depth }) => depth),
        most,
      ],
      { name: 'sources.found' },
    );
    if (!row) throw new WorkLostError();
  }

  /** All that is known is read again in this sync, whether or not something still leads to it. @throws WorkLostError */
  async seeAll({ id, epoch, owner }: SourceClaim): Promise<void> {
    const row = await this.database.first(
      `WITH ${MINE},
       seen AS (UPDATE source_documents d SET seen_run = mine.run FROM mine WHERE d.source_id = mine.id AND d.seen_run < mine.run)
       SELECT 1 FROM mine`,
      [id, epoch, owner],
    );
    if (!row) throw new WorkLostError();
  }

  /** The next documents to read in this sync. */
  waiting({ id }: SourceClaim, baseId: string, limit: number): Promise<WaitingDocument[]> {
    return this.database.query<WaitingDocument>(
      `SELECT d.address, d.listing, d.depth, d.etag, d.last_modified AS "lastModified",
              ${FILE_IN_BASE} AS "fileId", d.state, d.message,
              d.state = 'duplicate' AND EXISTS (
                SELECT 1 FROM source_documents t JOIN files f ON f.id = t.file_id AND f.deleted_at IS NULL
                  JOIN placements p ON p.file_id = f.id AND p.scope = $2 AND p.moved_to IS NULL
                 WHERE t.source_id = $1 AND t.etag = d.etag AND t.address <> d.address AND t.state = 'stored') AS "hasTwin"
         FROM source_documents d WHERE d.source_id = $1 AND d.done_run < d.seen_run
        ORDER BY d.depth, d.ordinal LIMIT $3`,
      [id, baseId, limit],
      { name: 'sources.waiting' },
    );
  }

  /** This sync has finished with a document. @throws WorkLostError */
  async done(
    { id, epoch, owner }: SourceClaim,
    address: string,
    { state, message = null, leftOut, content }: DocumentOutcome,
    db: Queryable = this.database,
  ): Promise<void> {
    const row = await db.first(
      `WITH ${MINE},
       done AS (
         UPDATE source_documents d
            SET done_run = mine.run, state = $5, message = $6, checked_at = now(),
                absent_since = CASE WHEN $5 IN ('absent', 'failed') THEN d.absent_since END,
                absences = CASE WHEN $5 IN ('absent', 'failed') THEN d.absences ELSE 0 END,
                file_id = CASE WHEN $7 THEN $8::uuid ELSE d.file_id END,
                etag = CASE WHEN $7 THEN $9 WHEN $5 IN ('skipped', 'duplicate') AND $11::text IS NOT NULL THEN $11 ELSE d.etag END,
                last_modified = CASE WHEN $7 THEN $10 ELSE d.last_modified END
           FROM mine WHERE d.source_id = mine.id AND d.address = $4),
       calm AS (
         UPDATE knowledge_sources s SET deaths = 0, tries = 0 FROM mine
          WHERE s.id = mine.id AND (s.deaths > 0 OR (s.tries > 0 AND $5 = 'stored')))
       SELECT 1 FROM mine`,
      [
        id,
        epoch,
        owner,
        address,
        state,
        message,
        content !== undefined,
        content?.fileId ?? null,
        content?.etag ?? null,
        content?.lastModified ?? null,
        leftOut ?? null,
      ],
      { name: 'sources.done' },
    );
    if (!row) throw new WorkLostError();
  }

  /**
   * Counts the absences of a sync that could read its source: of documents that it has not found, and of those whose server says that they are
   * gone. Each is counted once in a sync.
   *
   * @throws WorkLostError
   */
  async countAbsences({ id, epoch, owner }: SourceClaim): Promise<void> {
    const row = await this.database.first(
      `WITH ${MINE},
       missed AS (
         UPDATE source_documents d
            SET absences = d.absences + 1, missed_run = mine.run, absent_since = coalesce(d.absent_since, now()), state = 'absent',
                message = CASE WHEN d.seen_run < mine.run THEN 'It is not listed any more.' ELSE d.message END
           FROM mine
          WHERE d.source_id = mine.id AND d.missed_run < mine.run AND NOT d.listing AND (d.seen_run < mine.run OR d.state = 'absent')),
       former AS (DELETE FROM source_documents d USING mine WHERE d.source_id = mine.id AND d.listing AND d.seen_run < mine.run)
       SELECT 1 FROM mine`,
      [id, epoch, owner],
    );
    if (!row) throw new WorkLostError();
  }

  /** Documents that have been absent for long enough, or never had a file; each with its file in the base. */
  gone({ id }: SourceClaim, baseId: string, absenceS: number, limit: number): Promise<GoneDocument[]> {
    return this.database.query<GoneDocument>(
      `SELECT d.address, ${FILE_IN_BASE} AS "fileId" FROM source_documents d
        WHERE d.source_id = $1 AND d.state = 'absent'
          AND (d.file_id IS NULL OR (d.absences >= ${ABSENCES} AND d.absent_since <= now() - $3 * interval '1 second'))
        ORDER BY d.address LIMIT $4`,
      [id, baseId, absenceS, limit],
    );
  }

  async forget(tx: Tx, { id }: SourceClaim, addresses: readonly string[]): Promise<void> {
    await tx.execute('DELETE FROM source_documents WHERE source_id = $1 AND address = ANY ($2::text[])', [
      id,
      addresses,
    ]);
  }

  /**
   * Ends the sync.
   *
   * @param backOffS seconds until the next try of one that failed; null: not before its interval
   */
  async finish(
    { id, epoch, owner }: SourceClaim,
    problem: SourceProblem | null,
    backOffS: number | null,
  ): Promise<void> {
    await this.database.execute(
      `UPDATE knowledge_sources s
          SET owner = NULL, running = false, finished_at = now(), error = $4, deaths = 0,
              succeeded_at = CASE WHEN $4::jsonb IS NULL THEN now() ELSE s.succeeded_at END,
              tries = CASE WHEN $4::jsonb IS NULL THEN 0 ELSE s.tries + 1 END,
              next_at = least(coalesce(now() + s.interval_s * interval '1 second', 'infinity'),
                              coalesce(now() + $5::int * interval '1 second', 'infinity'))
        WHERE ${IS_MINE}`,
      [id, epoch, owner, problem === null ? null : JSON.stringify(problem), backOffS],
    );
  }
}
