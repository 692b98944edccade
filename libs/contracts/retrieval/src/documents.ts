import { defineCall } from '@perennial/contracts-kernel';
import { z } from 'zod';
import { ChunkMetadataSchema, DegradedSchema, SearchItemSchema, SourceSchema } from './source';

/**
 * Searches the documents of a turn. Items that are deleted or that the caller may not read are in `skipped`, not an error: a chat outlives
 * its files.
 * `UNAVAILABLE` (details: `reason` as in `degraded`, `retryAfter`) when nothing could be searched because the vector store or the embedder is
 * away; if whole texts were requested too, they are returned and `degraded` says what is missing.
 */
export const search = defineCall({
  pattern: 'retrieval.search',
  effect: 'read',
  sealed: true,
  request: z.object({
    /** Up to eight wordings of one question; a chunk's score is its best. */
    queries: z.array(z.string().trim().min(1).max(8_000)).min(1).max(8),
    items: z.array(SearchItemSchema).max(100),
    /** Chunks per item; TOP_K when absent. */
    k: z.number().int().min(1).max(100).optional(),
    /** 0 … 1, against `distances`; RELEVANCE_THRESHOLD when absent. */
    threshold: z.number().min(0).max(1).optional(),
    /** Semantic and keyword search together; ENABLE_RAG_HYBRID_SEARCH when absent. */
    hybrid: z.boolean().optional(),
    /** 0 … 1; HYBRID_BM25_WEIGHT when absent. */
    keywordWeight: z.number().min(0).max(1).optional(),
  }),
  reply: z.object({
    sources: z.array(SourceSchema),
    /** Different documents in `sources`, as citations number them; the `count` of the status `sources_retrieved`. */
    count: z.number().int(),
    /** RAG_TEMPLATE, never empty, with a note if nothing found is close to the question: the caller replaces `{{CONTEXT}}` (or `[context]`) and `{{QUERY}}` (or `[query]`). */
    template: z.string(),
    /** RAG_SYSTEM_CONTEXT: the context goes into the system message, not into the last user message. */
    inSystem: z.boolean(),
    /**
     * Texts were cut or chunks left out to limit the size: whole texts to about a million characters together, chunks to two million. Each
     * item keeps its best chunks.
     */
    truncated: z.boolean(),
    skipped: z.array(z.object({ type: z.enum(['file', 'collection']), id: z.uuid() })),
    degraded: DegradedSchema.optional(),
    /**
     * The documents were searched, and nothing in them is as relevant as the threshold asks: there are no `sources`, and `template` is a prompt
     * that says so. Absent also while nothing can be found because no file is read yet.
     */
    nothing: z.boolean().optional(),
  }),
  deadlineMs: 15_000,
});

/**
 * The direct search of the wire (`/retrieval/query/doc` and `/query/collection`). A collection is `file-{id}` or the id of a base. Returns
 * one list over all collections, the best first; fewer than `k` if they exceed two million characters.
 * `NOT_FOUND` when the caller may not read a collection or it does not exist; `UNAVAILABLE` as in `documents.search`.
 */
export const query = defineCall({
  pattern: 'retrieval.query',
  effect: 'read',
  sealed: true,
  request: z.object({
    collections: z.array(z.string().min(1).max(64)).min(1).max(100),
    query: z.string().trim().min(1).max(8_000),
    k: z.number().int().min(1).max(100).optional(),
    /** Most hits of a rerank; TOP_K_RERANKER when absent. */
    kReranker: z.number().int().min(1).max(100).optional(),
    /** The wire's `r`. */
    threshold: z.number().min(0).max(1).optional(),
    /** Has an effect only if hybrid search is switched on (ENABLE_RAG_HYBRID_SEARCH). */
    hybrid: z.boolean().optional(),
    keywordWeight: z.number().min(0).max(1).optional(),
  }),
  reply: z.object({
    ids: z.array(z.string()),
    distances: z.array(z.number()),
    documents: z.array(z.string()),
    metadatas: z.array(ChunkMetadataSchema),
  }),
  deadlineMs: 15_000,
});
