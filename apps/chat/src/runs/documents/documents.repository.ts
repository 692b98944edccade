import { Injectable } from '@nestjs/common';
import type { Source } from '@perennial/contracts-retrieval';
import { Database } from '@perennial/persistence';
import type { RunClaim } from '../generation/finish.repository';
import { jsonb } from '../types/json';
import type { FoundDocuments } from './context-text';

/** A step before the answer, in the wire's shape; stored in the message's `statusHistory`. */
export interface DocumentStatus {
  action: 'queries_generated' | 'sources_retrieved' | 'documents_unavailable';
  /** Text for users, if the action does not say everything. */
  description?: string;
  queries?: string[];
  /** Number of different documents that were found. */
  count?: number;
  done: boolean;
}

/** The documents of a run, as stored in its row: a later owner uses the same, with the same numbers. */
export interface KeptDocuments extends FoundDocuments {
  statuses: DocumentStatus[];
  /** The search was unavailable. */
  unavailable: boolean;
}

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
