import { buffer } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import { type BlobStore, BlobStoreError } from '@perennial/blob-store';
import { CallError } from '@perennial/contracts-kernel';
import type { ClaimedRun } from '../runs/types/run';
import { PictureMemory } from './picture-memory';
import { pictureIdsIn, withFilePictures, withPictures } from './picture-parts';
import { PICTURE_STORE } from './picture-store';
import { type Picture, PicturesRepository } from './pictures.repository';

/** Most bytes of pictures in one request to a provider; the newest have priority. */
export const MAX_REQUEST_BYTES = 24_000_000;

/** Puts the bytes of pictures into a provider's request. */
@Injectable()
export class PictureReader {
  constructor(
    private readonly repository: PicturesRepository,
    @Inject(PICTURE_STORE) private readonly store: BlobStore,
    private readonly memory: PictureMemory,
  ) {}

  /**
   * Runs `work` with data URLs instead of the references in the run's messages. A picture that is deleted, or does not fit, is replaced by a
   * note. The pictures count against this process's limit until `work` has ended; beyond it this waits.
   *
   * @throws CallError UNAVAILABLE when the store is away, or when there was no memory in time
   */
  async inlined<T>(claimed: ClaimedRun, signal: AbortSignal, work: (run: ClaimedRun) => Promise<T>): Promise<T> {
    const run = { ...claimed, history: claimed.history && claimed.history.map(withFilePictures) };
    const ids = contentsOf(run).flatMap(pictureIdsIn);
    if (ids.length === 0) return work(run);
    const { user_id: userId } = run;
    const known = new Map((await this.repository.find(userId, ids)).map((picture) => [picture.id, picture]));
    const pictures = chosen([...new Set(ids.reverse())], known);
    const bytes = pictures.reduce((sum, { size }) => sum + size, 0);
    return this.memory.hold(userId, bytes, signal, async () => {
      const urls = await this.read(pictures, signal);
      return work(withUrls(run, new Map([...known.keys()].map((id) => [id, urls.get(id)]))));
    });
  }

  private async read(pictures: readonly Picture[], signal: AbortSignal): Promise<Map<string, string>> {
    const urls = new Map<string, string>();
    for (const { id, blobKey, contentType } of pictures) {
      try {
        const { stream } = await this.store.get(blobKey, { signal });
        urls.set(id, `data:${contentType};base64,${(await buffer(stream)).toString('base64')}`);
      } catch (error) {
        if (!(error instanceof BlobStoreError)) throw error;
        if (error.code === 'NOT_FOUND') continue;
        throw new CallError('UNAVAILABLE', 'The pictures of this chat cannot be read at the moment. Try again soon.');
      }
    }
    return urls;
  }
}

/** The contents of a run's messages that may have pictures, the newest last. */
function contentsOf({ kind, request, history }: ClaimedRun): unknown[] {
  if (kind === 'completion') return (request.messages as { content?: unknown }[]).map(({ content }) => content);
  return (history ?? []).map(({ parts }) => parts);
}

function withUrls(run: ClaimedRun, urls: ReadonlyMap<string, string | undefined>): ClaimedRun {
  const { kind, request, history } = run;
  if (kind === 'turn') {
    return {
      ...run,
      history: history && history.map((message) => ({ ...message, parts: withPictures(message.parts, urls) })),
    };
  }
  const messages = (request.messages as { content?: unknown }[]).map((message) => ({
    ...message,
    content: withPictures(message.content, urls),
  }));
  return { ...run, request: { ...request, messages } };
}

/** The pictures that fit, in the order of the ids. */
function chosen(ids: readonly string[], pictures: ReadonlyMap<string, Picture>): Picture[] {
  let bytes = 0;
  return ids.flatMap((id) => {
    const picture = pictures.get(id);
    if (!picture || bytes + picture.size > MAX_REQUEST_BYTES) return [];
    bytes += picture.size;
    return [picture];
  });
}
