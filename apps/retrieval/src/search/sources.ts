import type { ChunkMetadata, EmbeddingEngine, Source } from '@perennial/contracts-retrieval';
import type { LiveChunk, SearchResource, WholeText } from './search.repository';

/** A chunk with its similarity to the query. */
export interface ScoredChunk extends LiveChunk {
  /** Cosine, −1 … 1. */
  similarity: number;
  /** Sort key of chunks, higher first. */
  score: number;
  /** The share of the query's words that it has, 0 … 1; only of a hybrid search. */
  words?: number;
  /** What a reranker says, 0 … 1. */
  relevance?: number;
}

/** Results of one item. */
export type Found =
  { item: SearchResource; chunks: readonly ScoredChunk[] } | { item: SearchResource; texts: readonly WholeText[] };

/** The model of the vectors; part of each chunk's metadata on the wire. */
export interface EmbeddingName {
  engine: EmbeddingEngine;
  model: string;
}

/** The wire's measure: 0 is the opposite, 1 the same meaning. */
export function toDistance(similarity: number): number {
  return Math.min(1, Math.max(0, (1 + similarity) / 2));
}

/** What the wire calls the distance of a chunk: its relevance, if there was a reranker. */
export function wireDistance({ similarity, relevance }: ScoredChunk): number {
  return relevance ?? toDistance(similarity);
}

/** A chunk's metadata as the wire has it. */
export function metadataOf(chunk: LiveChunk, embedding: EmbeddingName, source = chunk.name): ChunkMetadata {
  return {
    source,
    name: chunk.name,
    file_id: chunk.fileId,
    created_by: chunk.userId,
    hash: chunk.hash,
    start_index: chunk.start,
    ...(chunk.page === null ? {} : { page: chunk.page - 1, page_label: chunk.pageLabel ?? String(chunk.page) }),
    ...(chunk.startSeconds === null ? {} : { start_seconds: chunk.startSeconds }),
    ...(chunk.heading === null ? {} : { headings: chunk.heading.split(' > ') }),
    embedding_config: { engine: embedding.engine, model: embedding.model },
  };
}

/**
 * The results as citation objects in the order of the items. A chunk of several items is only in the first, and is left out after the whole
 * text of its file; an item without results is left out.
 */
export function toSources(found: readonly Found[], embedding: EmbeddingName): { sources: Source[]; count: number } {
  const sourceOf = sourceNames(found);
  const seen = new Set<string>();
  const unseen = (key: string): boolean => !seen.has(key) && Boolean(seen.add(key));
  const sources: Source[] = [];
  for (const one of found) {
    const source = { type: one.item.type, id: one.item.id, name: one.item.name };
    if ('texts' in one) {
      const texts = one.texts.filter((text) => unseen(text.fileId));
      if (texts.length === 0) continue;
      sources.push({
        source,
        document: texts.map(({ text }) => text),
        metadata: texts.map(({ fileId, userId, name }) => ({
          source: sourceOf(fileId, name),
          name,
          file_id: fileId,
          created_by: userId,
        })),
      });
      continue;
    }
    const chunks = one.chunks.filter(({ fileId, ordinal }) => !seen.has(fileId) && unseen(`${fileId} ${ordinal}`));
    if (chunks.length === 0) continue;
    sources.push({
      source,
      document: chunks.map(({ text }) => text),
      metadata: chunks.map((chunk) => metadataOf(chunk, embedding, sourceOf(chunk.fileId, chunk.name))),
      distances: chunks.map(wireDistance),
    });
  }
  return { sources, count: new Set(sources.flatMap(({ metadata }) => metadata.map((one) => one.source))).size };
}

/** A file's name, or its id if another file of the answer has the same name: citations are numbered by this. */
function sourceNames(found: readonly Found[]): (fileId: string, name: string) => string {
  const files = new Map<string, Set<string>>();
  for (const one of found) {
    for (const { fileId, name } of 'texts' in one ? one.texts : one.chunks) {
      const ids = files.get(name) ?? new Set();
      files.set(name, ids.add(fileId));
    }
  }
  return (fileId, name) => ((files.get(name)?.size ?? 0) > 1 ? fileId : name);
}
