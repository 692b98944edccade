import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { CallReply, CallRequest } from '@perennial/contracts-kernel';
import {
  blobMove,
  documents,
  embedding,
  files,
  retrievalSettings,
  searchIndex,
  vectorMove,
} from '@perennial/contracts-retrieval';
import { forward, forwards } from '../../http/forward';
import { blobMoveReply, embeddingIn, embeddingReply, endingIn, settingsReply, vectorMoveReply } from './wire';

type Question = Omit<RouteInput<typeof routes.retrieval.queryDoc>['body'], 'collection_name'>;

/** How documents are read and embedded, and searches from outside a chat. */
export const RetrievalRoutes = forwards(
  forward(routes.retrieval.config, retrievalSettings.get, { from: ({ settings }) => settingsReply(settings) }),
  forward(routes.retrieval.embedding, embedding.get, { from: embeddingReply }),
  forward(routes.retrieval.updateEmbedding, embedding.update, {
    to: ({ body }) => embeddingIn(body),
    from: embeddingReply,
  }),
  forward(routes.retrieval.queryDoc, documents.query, {
    to: ({ body }) => queryOf([body.collection_name], body),
    from: hitsOf,
  }),
  forward(routes.retrieval.queryCollection, documents.query, {
    to: ({ body }) => queryOf(body.collection_names, body),
    from: hitsOf,
  }),
  forward(routes.retrieval.resetIndex, searchIndex.rebuild, { from: () => true }),
  forward(routes.retrieval.vectorMoveStatus, vectorMove.status, { from: vectorMoveReply }),
  forward(routes.retrieval.startVectorMove, vectorMove.start, {
    to: ({ body }) => ({
      to: body.to,
      pointsPerSecond: body.points_per_second ?? undefined,
      minRecall: body.min_recall ?? undefined,
    }),
    from: vectorMoveReply,
  }),
  forward(routes.retrieval.pauseVectorMove, vectorMove.pause, { from: vectorMoveReply }),
  forward(routes.retrieval.cancelVectorMove, vectorMove.cancel, { from: vectorMoveReply }),
  forward(routes.retrieval.finishVectorMove, vectorMove.finish, { from: vectorMoveReply }),
  forward(routes.retrieval.blobMoveStatus, blobMove.status, { from: blobMoveReply }),
  forward(routes.retrieval.startBlobMove, blobMove.start, {
    to: ({ body }) => ({
      to: body.to,
      bytesPerS: body.bytes_per_second ?? undefined,
      skipUnreadable: body.skip_unreadable ?? undefined,
    }),
    from: blobMoveReply,
  }),
  forward(routes.retrieval.pauseBlobMove, blobMove.pause, { from: blobMoveReply }),
  forward(routes.retrieval.rollbackBlobMove, blobMove.rollback, {
    to: ({ body }) => endingIn(body),
    from: blobMoveReply,
  }),
  forward(routes.retrieval.finishBlobMove, blobMove.finish, { to: ({ body }) => endingIn(body), from: blobMoveReply }),
  forward(routes.retrieval.resetUploads, files.removeAll, { from: () => true }),
);

function queryOf(
  collections: string[],
  { query, k, k_reranker: kReranker, r, hybrid, hybrid_bm25_weight: weight }: Question,
): CallRequest<typeof documents.query> {
  return {
    collections,
    query,
    k: k ?? undefined,
    kReranker: kReranker == null ? undefined : Math.min(100, Math.max(1, kReranker)),
    threshold: r ?? undefined,
    hybrid: hybrid ?? undefined,
    keywordWeight: weight ?? undefined,
  };
}

/** One query has one list of hits. */
function hitsOf({ ids, distances, documents: texts, metadatas }: CallReply<typeof documents.query>) {
  return { ids: [ids], distances: [distances], documents: [texts], metadatas: [metadatas] };
}
