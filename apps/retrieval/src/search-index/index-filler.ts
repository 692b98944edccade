import { Inject, Injectable } from '@nestjs/common';
import { type Point, pointId, type VectorStore } from '@perennial/vector-store';
import { EmbeddingError } from '../embedding/embedding-error';
import { EmbeddingGateway } from '../embedding/embedding-gateway';
import { KeySeal } from '../settings/key-seal';
import { openEmbedding } from '../settings/settings';
import { VECTOR_STORE } from '../stores/tokens';
import { BuildsRepository, type PlaceToFill } from './builds.repository';
import type { VectorIndex } from './index-catalog';
import { RefusalsRepository } from './refusals.repository';

/** Chunks in memory at once, with their vectors. */
const PAGE = 512;
/** Placements read from the database at once. */
const PLACES = 64;

/** A page of a file's chunks. */
interface Page {
  fileId: string;
  generation: number;
  scopes: string[];
  chunks: { ordinal: number; text: string; hash: string }[];
  /** Placements that are complete in the index after this page. */
  completes: PlaceToFill[];
}

/** Writes live files into an index. Writes are idempotent: ids derive from the location of the content. */
@Injectable()
export class IndexFiller {
  constructor(
    private readonly builds: BuildsRepository,
    private readonly refusals: RefusalsRepository,
    private readonly embeddings: EmbeddingGateway,
    private readonly seal: KeySeal,
    @Inject(VECTOR_STORE) private readonly store: VectorStore,
  ) {}

  /**
   * One pass over what the index lacks.
   * @param quietS only files that nothing has been done to for so many seconds, and that are no worker's
   * @returns whether it lacked nothing
   */
  async fillMissing(
    index: VectorIndex,
    { signal, quietS, onProgress }: { signal: AbortSignal; quietS?: number; onProgress?: () => Promise<void> },
  ): Promise<boolean> {
    let last: PlaceToFill | undefined;
    for (;;) {
      signal.throwIfAborted();
      const places = await this.builds.missing(index.id, last, PLACES, quietS);
      if (places.length === 0) return last === undefined;
      await this.fill(index, places, signal);
      await onProgress?.();
      last = places.at(-1);
    }
  }

  /**
   * Writes the points of these places and records each file when the last of its points is in. Small files share requests to the
   * embedder and the store; a large one goes through in pages. A file of which the embedder refuses a text is noted and left out.
   * @throws EmbeddingError, VectorStoreError, or the signal's reason
   */
  async fill(index: VectorIndex, places: readonly PlaceToFill[], signal: AbortSignal): Promise<void> {
    let pages: Page[] = [];
    let held = 0;
    const refused = new Set<string>();
    const flush = async (): Promise<void> => {
      await this.writeAccepted(index, pages, refused, signal);
      pages = [];
      held = 0;
    };
    for (const file of byFile(places)) {
      for await (const page of this.pagesOf(file)) {
        if (refused.has(page.fileId)) break;
        pages.push(page);
        held += page.chunks.length;
        if (held >= PAGE) await flush();
      }
    }
    if (pages.length > 0) await flush();
  }

  private async *pagesOf(places: readonly PlaceToFill[]): AsyncGenerator<Page> {
    const [first] = places;
    if (!first) return;
    const { fileId, generation } = first;
    const scopes = places.map(({ scope }) => scope);
    for (let from = 0; ;) {
      const chunks = await this.builds.chunks(fileId, generation, from, PAGE);
      const last = chunks.length < PAGE;
      yield { fileId, generation, scopes, chunks, completes: last ? [...places] : [] };
      if (last) return;
      from = (chunks.at(-1)?.ordinal ?? from) + 1;
    }
  }

  /** @param refused files of which the embedder has refused a text: their rest is skipped; more are added */
  private async writeAccepted(
    index: VectorIndex,
    pages: readonly Page[],
    refused: Set<string>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let rest = pages; rest.length > 0; rest = rest.filter(({ fileId }) => !refused.has(fileId))) {
      try {
        return await this.write(index, rest, signal);
      } catch (error) {
        if (!(error instanceof EmbeddingError) || error.fault !== 'text') throw error;
        const reasons = rest.flatMap((page) => {
          const chunk = page.chunks.find(({ hash }) => hash === error.hash);
          return chunk ? [{ page, message: error.at(chunk).message }] : [];
        });
        if (reasons.length === 0) throw error;
        for (const { page, message } of reasons) {
          refused.add(page.fileId);
          await this.refusals.add(index.id, page.fileId, page.generation, message);
        }
      }
    }
  }

  private async write(index: VectorIndex, pages: readonly Page[], signal: AbortSignal): Promise<void> {
    const chunks = pages.flatMap((page) => page.chunks);
    if (chunks.length > 0) {
      const config = openEmbedding(index.embedding, (sealed) => this.seal.open(sealed));
      await this.embeddings.store(config, chunks, { dimension: index.dimension, signal });
      const hashes = [...new Set(chunks.map(({ hash }) => hash))];
      const vectors = await this.embeddings.vectors(config, hashes);
      signal.throwIfAborted();
      await this.store.upsert(index.collection, pointsOf(pages, vectors), { signal });
    }
    signal.throwIfAborted();
    const complete = pages.flatMap((page) => page.completes);
    if (complete.length > 0) {
      await this.builds.record(index.id, complete);
      await this.refusals.clear(
        index.id,
        complete.map(({ fileId }) => fileId),
      );
      await this.builds.removeStale(complete);
    }
  }
}

function pointsOf(pages: readonly Page[], vectors: ReadonlyMap<string, Float32Array>): Point[] {
  return pages.flatMap(({ fileId, generation, scopes, chunks }) =>
    chunks.flatMap(({ ordinal, text, hash }) => {
      const vector = vectors.get(hash);
      // The cache may have been pruned between the two statements: the next try embeds it again.
      if (!vector) throw new Error('a vector that was just kept is gone');
      return scopes.map((scope) => {
        const ref = { scope, fileId, generation, ordinal };
        return { id: pointId(ref), ...ref, vector, text };
      });
    }),
  );
}

/** Groups the placements of one generation of a file; they are ordered by file. */
function byFile(places: readonly PlaceToFill[]): PlaceToFill[][] {
  const files = new Map<string, PlaceToFill[]>();
  for (const place of places) {
    const key = `${place.fileId} ${place.generation}`;
    const together = files.get(key);
    if (together) together.push(place);
    else files.set(key, [place]);
  }
  return [...files.values()];
}
