import { Inject, Injectable } from '@nestjs/common';
import type { Pace } from '@perennial/runtime';
import { VectorStoreError, VectorStores } from '@perennial/vector-store';
import { VECTOR_STORES } from '../stores/tokens';
import { BuildsRepository, type PlaceToFill } from './builds.repository';
import { ChunksRepository } from './chunks.repository';
import { IndexCatalog, type VectorIndex } from './index-catalog';
import { IndexRegistry } from './index-registry';
import { IndexWriter, type Page } from './index-writer';
import { RefusalsRepository } from './refusals.repository';
import { StoredVectors } from './stored-vectors';

/** Chunks per batch, exceeded by at most a page. Two batches with their vectors are in memory at once. */
const BATCH = 256;
/** Placements read from the database at once. */
const PLACES = 64;

interface LivePage extends Page {
  /** The placements that are complete in the index after this page. */
  completes: readonly PlaceToFill[];
}

/** What one pass over the missing files did. */
export interface FillPass {
  /** No file was missing but those of `away`. */
  whole: boolean;
  /** Why the files of these placements wait: their stores of vectors failed. */
  away: ReadonlyMap<string, VectorStoreError>;
}

/** Where vectors may come from, and how fast points are written. */
export interface FillOptions {
  signal: AbortSignal;
  /** Another index of the same model, whose vectors are copied. */
  from?: VectorIndex | undefined;
  pace?: Pace | undefined;
}

/** Writes live files into an index. */
@Injectable()
export class IndexFiller {
  constructor(
    private readonly builds: BuildsRepository,
    private readonly chunks: ChunksRepository,
    private readonly refusals: RefusalsRepository,
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly writer: IndexWriter,
    private readonly stored: StoredVectors,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
  ) {}

  /**
   * One pass over the missing files of the index. Files of a placement whose store fails are left out: the others do not wait for it.
   *
   * @param quietS only files that were unchanged for so many seconds and that no worker owns
   * @throws EmbeddingError, VectorStoreError of the installation's own store, or the signal's reason
   */
  async fillMissing(
    index: VectorIndex,
    { quietS, onProgress, ...options }: FillOptions & { quietS?: number; onProgress?: () => Promise<void> },
  ): Promise<FillPass> {
    const away = new Map<string, VectorStoreError>();
    let last: PlaceToFill | undefined;
    for (let whole = true; ;) {
      options.signal.throwIfAborted();
      const places = await this.builds.missing(index.id, last, { limit: PLACES, quietS, without: [...away.keys()] });
      if (places.length === 0) return { whole, away };
      for (const residence of new Set(places.map((place) => place.residence))) {
        const there = places.filter((place) => place.residence === residence);
        try {
          await this.fill(index, there, options);
        } catch (error) {
          if (!(error instanceof VectorStoreError) || residence === null || !this.stores.isSeparate(residence))
            throw error;
          away.set(residence, error);
          continue;
        }
        whole = false;
        await onProgress?.();
      }
      last = places.at(-1);
    }
  }

  /**
   * Writes the missing points of the live generation of a file into the active index, while another generation is in progress or has failed:
   * the live generation must be findable in every scope that the file was added to, however long the new one takes.
   *
   * @throws EmbeddingError, VectorStoreError, or the signal's reason
   */
  async fillLive(fileId: string, signal: AbortSignal): Promise<void> {
    const index = await this.catalog.active();
    if (!index) return;
    const places = await this.builds.missingOf(index.id, fileId);
    if (places.length === 0) return;
    await this.registry.ensureCollection(index, signal);
    await this.fill(index, places, { signal });
  }

  /**
   * Writes the points of these placements and records each file when its last points are written. Small files share batches; a large file is
   * written in pages. A file with a text that the embedder rejects is recorded as such and left out.
   *
   * @throws EmbeddingError, VectorStoreError, or the signal's reason
   */
  private async fill(
    index: VectorIndex,
    places: readonly PlaceToFill[],
    { signal, from, pace }: FillOptions,
  ): Promise<void> {
    await this.writer.write(index, this.batches(places, signal, pace), {
      signal,
      known: from ? (config, pages) => this.stored.read(from, config, pages, { signal, isOther: true }) : undefined,
      afterWrite: (pages) =>
        this.record(
          index,
          pages.flatMap(({ completes }) => completes),
        ),
      onRefused: ({ fileId, generation }, reason) => this.refusals.add(index.id, fileId, generation, reason),
    });
  }

  private async *batches(places: readonly PlaceToFill[], signal: AbortSignal, pace?: Pace): AsyncGenerator<LivePage[]> {
    let batch: LivePage[] = [];
    let held = 0;
    for (const file of byFile(places)) {
      for await (const page of this.pagesOf(file)) {
        await pace?.take(page.chunks.length * page.scopes.length, signal);
        batch.push(page);
        held += page.chunks.length;
        if (held < BATCH) continue;
        yield batch;
        batch = [];
        held = 0;
      }
    }
    if (batch.length > 0) yield batch;
  }

  private async *pagesOf(places: readonly PlaceToFill[]): AsyncGenerator<LivePage> {
    const { fileId, generation, residence } = places[0]!;
    const scopes = places.map(({ scope }) => scope);
    for await (const chunks of this.chunks.pages(fileId, generation, BATCH))
      yield { fileId, generation, scopes, residence, chunks, completes: chunks.length < BATCH ? places : [] };
  }

  private async record(index: VectorIndex, complete: readonly PlaceToFill[]): Promise<void> {
    if (complete.length === 0) return;
    await this.builds.record(index.id, complete);
    await this.refusals.clear(
      index.id,
      complete.map(({ fileId }) => fileId),
    );
    await this.builds.removeStale(complete);
  }
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
