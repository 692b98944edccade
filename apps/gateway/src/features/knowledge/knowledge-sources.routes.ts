import { routes } from '@perennial/contracts-gateway';
import {
  type KnowledgeSource as StoredSource,
  knowledgeSources,
  type SourceDocument as FoundDocument,
} from '@perennial/contracts-retrieval';
import type { KnowledgeSource, SourceDocument } from '@perennial/contracts-wire';
import { forward, forwards } from '../../http/forward';
import { idOf } from '../../http/hidden';

/** Retrieval's message says which of the two is missing, the base or the source. */
const statuses = { NOT_FOUND: 404, PERMISSION_DENIED: 404 };

export const KnowledgeSourcesRoutes = forwards(
  forward(routes.knowledgeSources.list, knowledgeSources.list, {
    to: ({ params }) => ({ knowledgeId: params.id }),
    from: ({ items }) => ({ items: items.map(sourceReply) }),
    hide: 'base',
  }),
  forward(routes.knowledgeSources.create, knowledgeSources.create, {
    to: ({ params, body: { max_documents: maxDocuments, interval: intervalS, ...config } }) => ({
      knowledgeId: idOf('base', params.id),
      config: { ...config, maxDocuments },
      intervalS,
    }),
    from: sourceReply,
  }),
  forward(routes.knowledgeSources.get, knowledgeSources.get, {
    to: ({ params }) => oneOf(params),
    from: sourceReply,
    statuses,
  }),
  forward(routes.knowledgeSources.update, knowledgeSources.update, {
    to: ({ params, body }) => ({ ...oneOf(params), intervalS: body.interval }),
    from: sourceReply,
    statuses,
  }),
  forward(routes.knowledgeSources.sync, knowledgeSources.sync, {
    to: ({ params }) => oneOf(params),
    from: sourceReply,
    statuses,
  }),
  forward(routes.knowledgeSources.remove, knowledgeSources.remove, {
    to: ({ params, query }) => ({ ...oneOf(params), deleteFiles: query.delete_files }),
    from: ({ removed, files }) => ({ status: removed, files }),
    statuses,
  }),
  forward(routes.knowledgeSources.documents, knowledgeSources.documents, {
    to: ({ params, query: { status, ...page } }) => ({ ...oneOf(params), state: status, ...page }),
    from: ({ items }) => ({ items: items.map(documentReply) }),
    statuses,
  }),
);

function oneOf({ id, sourceId }: { id: string; sourceId: string }) {
  return { knowledgeId: idOf('base', id), sourceId: idOf('source', sourceId) };
}

function sourceReply(source: StoredSource): KnowledgeSource {
  const { knowledgeId, config, intervalS, state, error, startedAt, finishedAt, succeededAt, nextAt, createdAt } =
    source;
  const { maxDocuments, ...place } = config;
  return {
    id: source.id,
    knowledge_id: knowledgeId,
    ...place,
    max_documents: maxDocuments,
    interval: intervalS,
    status: state,
    error: error?.message ?? null,
    truncated: source.truncated,
    started_at: startedAt,
    finished_at: finishedAt,
    succeeded_at: succeededAt,
    next_at: nextAt,
    documents: source.documents,
    created_at: createdAt,
  };
}

function documentReply(document: FoundDocument): SourceDocument {
  return {
    address: document.address,
    status: document.state,
    message: document.message,
    file_id: document.fileId,
    file_status: document.fileState,
    file_error: document.fileError,
    absent_since: document.absentSince,
    checked_at: document.checkedAt,
  };
}
