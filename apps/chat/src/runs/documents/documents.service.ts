import { Inject, Injectable } from '@nestjs/common';
import type { Span } from '@opentelemetry/api';
import { CallError, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import { documents, type SearchItem } from '@perennial/contracts-retrieval';
import { failSpan, inSpan, type Logger, retryTransient, Runtime, waitAtMost } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../../env';
import type { ClaimedRun, DocumentStatus, KeptDocuments, RunClaim } from '../types/run';
import { UserEvents } from '../user-events';
import { citedSources, DocumentsRepository } from './documents.repository';
import { QueryWriter } from './query-writer';
import { RetrievalPresence } from './retrieval-presence';
import { conversationOf, withDocuments } from './run-documents';

type Found = CallReply<typeof documents.search>;

/** How long an answer waits for the documents to be stored; storing continues during the answer. */
const KEEP_TIMEOUT_MS = 5_000;
/** With the first look, a turn waits for two thirds of a second when no replica of retrieval is there. */
const AWAY_MS = 400;

/** An attempt with documents. */
export interface Consulting {
  run: ClaimedRun;
  items: readonly SearchItem[];
  claim: RunClaim;
  /** There is text of an earlier owner: its sources stay this answer's. */
  begun: boolean;
  /** Aborts the search. */
  signal: AbortSignal;
  /** Aborts storing: the run belongs to another owner, or this process ends. */
  giveUp: AbortSignal;
}

/** Result of the search. */
export interface Consulted {
  /** The run with the documents in its prompt. */
  run: ClaimedRun;
  /** Resolves when Postgres has stored the documents, or when further tries are useless. */
  kept: Promise<void>;
  /** Sends the sources again: the first event may be lost, and no event may follow the answer's end. */
  repeat: () => void;
}

/** Searches the documents of a turn, before its answer is started. */
@Injectable()
export class DocumentsService {
  private readonly log: Logger;
  private readonly outcomes;

  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    @Inject(Runtime) runtime: Runtime,
    private readonly rpc: Rpc,
    private readonly repository: DocumentsRepository,
    private readonly queries: QueryWriter,
    private readonly presence: RetrievalPresence,
    private readonly events: UserEvents,
  ) {
    this.log = runtime.logger('documents');
    this.outcomes = runtime.metrics.counter('document_searches_total', 'Searches of the documents of a turn', [
      'outcome',
    ]);
  }

  /**
   * If the documents cannot be searched, or not in time, the answer is given without them and the user is told. Rejects when `signal` is
   * aborted, and when the user's placement does not allow the documents.
   */
  async consult(consulting: Consulting): Promise<Consulted> {
    const { run, items, begun } = consulting;
    const earlier = run.documents;
    if (earlier && (begun || !earlier.unavailable)) return this.consulted(run, earlier, Promise.resolve());
    return inSpan('consult documents', { attributes: { 'perennial.documents.items': items.length } }, async (span) => {
      const documents = await this.lookUp(consulting, span);
      const kept = this.keep(consulting, documents);
      await waitAtMost(kept, KEEP_TIMEOUT_MS);
      const consulted = this.consulted(run, documents, kept);
      consulted.repeat();
      return consulted;
    });
  }

  private async lookUp({ run, items, signal }: Consulting, span: Span): Promise<KeptDocuments> {
    const statuses: DocumentStatus[] = [];
    const tell = (status: DocumentStatus): void => {
      statuses.push(status);
      this.events.status(run, status);
    };
    const principal = run.principal as UserPrincipal;
    const find = async (limit: AbortSignal): Promise<Found> => {
      const queries = await this.queries.queriesFor(conversationOf(run), run.model, principal, limit);
      tell({ action: 'queries_generated', queries, done: false });
      return this.search(queries, items, principal, limit);
    };
    try {
      const found = await this.presence.whileUp(find, { signal, awayMs: AWAY_MS });
      this.report(found, span);
      tell({ action: 'sources_retrieved', count: found.count, done: true });
      if (found.degraded) tell(unavailable(found.degraded.message));
      const { sources, template, inSystem, nothing } = found;
      return { sources, template, inSystem, nothing, statuses, unavailable: false };
    } catch (error) {
      // Not an outage: an answer without the documents would hide that they may not be used here.
      if (signal.aborted || isRefusedByPlacement(error)) throw error;
      this.outcomes.inc({ outcome: 'unavailable' });
      failSpan(span, error);
      this.log.warn({ err: error, run_id: run.id }, 'answer without documents');
      tell(unavailable(reasonOf(error)));
      return { sources: [], template: '', inSystem: false, statuses, unavailable: true };
    }
  }

  /** Retries transport failures; retrieval's own errors are final. */
  private async search(
    queries: string[],
    items: readonly SearchItem[],
    principal: UserPrincipal,
    signal: AbortSignal,
  ): Promise<Found> {
    const end = performance.now() + this.env.DOCUMENTS_TIMEOUT_MS;
    const search = async (): Promise<Found | CallError> => {
      const deadlineMs = Math.max(1, Math.round(end - performance.now()));
      try {
        return await this.rpc.call(documents.search, { queries, items: [...items] }, { principal, signal, deadlineMs });
      } catch (error) {
        if (error instanceof CallError && error.details.reason !== undefined) return error;
        throw error;
      }
    };
    const found = await retryTransient(search, { signal, limitMs: this.env.DOCUMENTS_TIMEOUT_MS });
    if (found instanceof CallError) throw found;
    return found;
  }

  private report(found: Found, span: Span): void {
    this.outcomes.inc({ outcome: found.degraded ? 'degraded' : found.count > 0 ? 'found' : 'nothing' });
    span.setAttributes({
      'perennial.documents.found': found.count,
      'perennial.documents.skipped': found.skipped.length,
      ...(found.degraded ? { 'perennial.documents.degraded': found.degraded.reason } : {}),
    });
  }

  private async keep({ claim, giveUp }: Consulting, documents: KeptDocuments): Promise<void> {
    try {
      await retryTransient(() => this.repository.keep(claim, documents), { signal: giveUp });
    } catch (error) {
      if (!giveUp.aborted)
        this.log.error({ err: error, run_id: claim.runId }, 'failed to store the sources of an answer');
    }
  }

  private consulted(run: ClaimedRun, documents: KeptDocuments, kept: Promise<void>): Consulted {
    const sources = citedSources(documents.sources);
    return {
      run: withDocuments(run, documents),
      kept,
      repeat: () => {
        if (sources.length > 0) this.events.sources(run, sources);
      },
    };
  }
}

const unavailable = (description: string): DocumentStatus => ({
  action: 'documents_unavailable',
  description,
  done: true,
});

function isRefusedByPlacement(error: unknown): boolean {
  return error instanceof CallError && error.details.reason === 'placement';
}

/** The message for users; the log has the exact reason. */
function reasonOf(error: unknown): string {
  const why = error instanceof CallError ? error.details.reason : undefined;
  if (why === 'no_replica')
    return 'The documents cannot be searched: the service that searches them is not running. This answer is given without them.';
  if (why === 'vector_store')
    return 'The documents cannot be searched: their store does not answer. This answer is given without them.';
  if (why === 'embedder')
    return 'The documents cannot be searched: the embedding model does not answer. This answer is given without them.';
  return 'The documents cannot be searched now. This answer is given without them.';
}
