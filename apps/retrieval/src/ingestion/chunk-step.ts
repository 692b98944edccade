import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore } from '@perennial/blob-store';
import { Database } from '@perennial/persistence';
import type { Extractor } from '../extraction/extraction';
import { FileProgress } from '../files/progress.service';
import { UserStorage } from '../files/user-storage';
import { SettingsKeeper } from '../settings/settings-keeper';
import type { Chunk, SplitOptions } from '../splitting/chunk';
import { BLOB_STORE } from '../stores/tokens';
import type { ClaimedFile } from './claimed-file';
import { EXTRACTOR } from './extractor';
import { IngestionRepository } from './ingestion.repository';
import { MediaEngineSettings } from './media-engines';

/** Chunks written by one statement, and the most held in memory. */
const BATCH = 500;

/**
 * From bytes to stored chunks. Extraction and splitting run in a child process; its results are written as they come, so that a text is never
 * whole in memory. A restart deletes the generation's chunks and begins again.
 */
@Injectable()
export class ChunkStep {
  constructor(
    private readonly repository: IngestionRepository,
    private readonly settings: SettingsKeeper,
    private readonly media: MediaEngineSettings,
    private readonly progress: FileProgress,
    private readonly storage: UserStorage,
    private readonly database: Database,
    @Inject(EXTRACTOR) private readonly extractor: Extractor,
    @Inject(BLOB_STORE) private readonly blobs: BlobStore,
  ) {}

  /**
   * @param beforeRecording called before a recording is sent to a server
   *
   * @returns the number of chunks.
   *
   * @throws CallError PAYLOAD_TOO_LARGE when the text exceeds its user's storage, WorkLostError, ExtractionError, BlobStoreError, or the
   * signal's reason
   */
  async run(file: ClaimedFile, signal: AbortSignal, beforeRecording?: () => void): Promise<number> {
    const { retrieval } = await this.settings.current();
    await this.repository.clearChunks(file);
    const split: SplitOptions = {
      splitter: retrieval.TEXT_SPLITTER === 'token' ? 'token' : 'character',
      chunkSize: retrieval.CHUNK_SIZE,
      chunkOverlap: retrieval.CHUNK_OVERLAP,
      minSizeTarget: retrieval.CHUNK_MIN_SIZE_TARGET,
      markdownHeadings: retrieval.ENABLE_MARKDOWN_HEADER_TEXT_SPLITTER,
    };
    let pending: Chunk[] = [];
    let stored = 0;
    let textSize = 0;
    const write = async (): Promise<void> => {
      const batch = pending;
      pending = [];
      for (const { text } of batch) textSize += Buffer.byteLength(text);
      await this.storage.assertRoom(this.database, file.userId, file.size + textSize, file.id);
      if (stored === 0) await this.reachSplit(file);
      await this.repository.addChunks(file, batch);
      stored += batch.length;
    };
    const open = async () => (await this.blobs.get(file.blobKey, { signal })).stream;
    const media = this.media.engines(retrieval, file.residence);
    const { name, contentType, blobKey: identity } = file;
    const request = { name, contentType, split, media, identity, beforeRecording, signal };
    for await (const event of this.extractor.extract({ open }, request)) {
      signal.throwIfAborted();
      if (event.kind !== 'chunks') continue;
      for (const chunk of event.chunks) {
        pending.push(chunk);
        if (pending.length >= BATCH) await write();
      }
    }
    if (pending.length > 0) await write();
    signal.throwIfAborted();
    await this.repository.chunksComplete(file, stored, textSize);
    return stored;
  }

  private async reachSplit(file: ClaimedFile): Promise<void> {
    const { id, userId, generation } = file;
    await this.repository.reach(file, 'split');
    this.progress.step({ fileId: id, userId, generation, step: 'split', done: 0, total: 0 });
  }
}
