import { Injectable } from '@nestjs/common';
import { BuildsRepository, type PlaceToFill } from './builds.repository';
import { ChunksRepository } from './chunks.repository';
import { IndexCatalog, type VectorIndex } from './index-catalog';
import { IndexRegistry } from './index-registry';
import { IndexWriter, type Page } from './index-writer';
import { RefusalsRepository } from './refusals.repository';

/** Chunks of a batch; up to a page more. Two batches are held in memory at once, with their vectors. */
const BATCH = 256;
/** Places that are read from the database at once. */
const PLACES = 64;

interface LivePage extends Page {
  /** The places that are in the index as a whole once this page is. */
  completes: readonly PlaceToFill[];
}

/** Writes files that are live already into an index. */
@Injectable()
export class IndexFiller {
  constructor(
    private readonly builds: BuildsRepository,
    private readonly chunks: ChunksRepository,
    private readonly refusals: RefusalsRepository,
    private readonly catalog: IndexCatalog,
    private readonly registry: IndexRegistry,
    private readonly writer: IndexWriter,
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
   * What the index that answers lacks of the live generation of a file, while another generation is to replace it or cannot: it belongs into
   * every scope where the file was put since, however long the new one takes and whether or not it can be read.
   * @throws EmbeddingError, VectorStoreError, or the signal's reason
   */
  async fillLive(fileId: string, signal: AbortSignal): Promise<void> {
    const index = await this.catalog.active();
    if (!index) return;
    const places = await this.builds.missingOf(index.id, fileId);
    if (places.length === 0) return;
    await this.registry.ensureCollection(index, signal);
    await this.fill(index, places, signal);
  }

  /**
   * Writes the points of these places and records each file when the last of its points is in. Small files share batches; a large one
   * goes through in pages. A file of which the embedder refuses a text is noted and left out.
   * @throws EmbeddingError, VectorStoreError, or the signal's reason
   */
  async fill(index: VectorIndex, places: readonly PlaceToFill[], signal: AbortSignal): Promise<void> {
    await this.writer.write(index, this.batches(places), {
      signal,
      afterWrite: (pages) =>
        this.record(
          index,
          pages.flatMap(({ completes }) => completes),
        ),
      onRefused: ({ fileId, generation }, reason) => this.refusals.add(index.id, fileId, generation, reason),
    });
  }

  private async *batches(places: readonly PlaceToFill[]): AsyncGenerator<LivePage[]> {
    let batch: LivePage[] = [];
    let held = 0;
    for (const file of byFile(places)) {
      for await (const page of this.pagesOf(file)) {
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
    const { fileId, generation } = places[0]!;
    const scopes = places.map(({ scope }) => scope);
    for await (const chunks of this.chunks.pages(fileId, generation, BATCH))
      yield { fileId, generation, scopes, chunks, completes: chunks.length < BATCH ? places : [] };
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
