import { Injectable } from '@nestjs/common';
import type { Source } from '@perennial/contracts-retrieval';
import { Database } from '@perennial/persistence';
import { jsonb } from '../types/json';
import type { KeptDocuments, RunClaim } from '../types/run';

/** Most characters of one cited text in a message and on a page: of whole documents the beginning. */
const CITED_CHARS = 10_000;

/** The documents of runs, in Postgres. */
@Injectable()
export class DocumentsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Stores them with the run, and sources and statuses with the answer's message.
   *
   * @returns false when the run belongs to another owner
   */
  async keep({ runId, owner, epoch }: RunClaim, documents: KeptDocuments): Promise<boolean> {
    const { statuses } = documents;
    const sources = citedSources(documents.sources);
    const row = await this.database.first(
      `WITH kept AS (
         UPDATE runs SET documents = $4 WHERE id = $1 AND owner = $2 AND epoch = $3 AND state = 'running' RETURNING chat_id, message_id
       ),
       message AS (
         UPDATE messages m SET extra = m.extra || $5::jsonb FROM kept WHERE m.chat_id = kept.chat_id AND m.id = kept.message_id
       )
       SELECT 1 FROM kept`,
      [
        runId,
        owner,
        epoch,
        jsonb(documents),
        jsonb({ statusHistory: statuses, ...(sources.length > 0 ? { sources } : {}) }),
      ],
      { name: 'documents.keep' },
    );
    return row !== undefined;
  }

  /** The sources of a user's run; empty if there are none, undefined if there is no such run. */
  async sourcesOf(runId: string, userId: string): Promise<Source[] | undefined> {
    const row = await this.database.first<{ sources: Source[] | null }>(
      `SELECT documents->'sources' AS sources FROM runs WHERE id = $1 AND user_id = $2`,
      [runId, userId],
      { name: 'documents.sources' },
    );
    return row && citedSources(row.sources ?? []);
  }
}

/** Sources as a page gets them. */
export function citedSources(sources: readonly Source[]): Source[] {
  return sources.map((source) => ({
    ...source,
    document: source.document.map((text) => (text.length > CITED_CHARS ? `${text.slice(0, CITED_CHARS)}…` : text)),
  }));
}
