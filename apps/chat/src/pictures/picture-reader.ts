import { buffer } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import { BlobStoreError, type BlobStore } from '@perennial/blob-store';
import { pictureIdOf } from '@perennial/contracts-chat';
import { CallError } from '@perennial/contracts-kernel';
import type { TakenRun } from '../runs/model/run';
import { PICTURE_STORE } from './picture-store';
import { type Picture, PicturesRepository } from './pictures.repository';

/** Bytes of pictures that one request to a provider carries; the newest go first. */
const MAX_BYTES = 24_000_000;

interface PicturePart {
  type: 'image_url';
  image_url: { url: string; [field: string]: unknown };
}

/** Puts the bytes of pictures into what a provider is asked. */
@Injectable()
export class PictureReader {
  constructor(
    private readonly repository: PicturesRepository,
    @Inject(PICTURE_STORE) private readonly store: BlobStore,
  ) {}

  /**
   * The run with data URLs in place of the references of its messages. A picture that is gone, or does not fit any more, is named as such, so
   * that the model knows of it.
   * @throws CallError UNAVAILABLE when the store is away
   */
  async inlined(run: TakenRun, signal: AbortSignal): Promise<TakenRun> {
    const { history, user_id: userId } = run;
    if (history === null) return run;
    const ids = history.flatMap(({ parts }) => (parts ?? []).flatMap((part) => idOf(part) ?? []));
    if (ids.length === 0) return run;
    const pictures = new Map((await this.repository.find(userId, ids)).map((picture) => [picture.id, picture]));
    const urls = await this.#read(chosen([...new Set(ids.reverse())], pictures), signal);
    const inlined = history.map((message) => ({
      ...message,
      parts:
        message.parts &&
        message.parts.map((part) => (idOf(part) === undefined ? part : inline(part as PicturePart, urls))),
    }));
    return { ...run, history: inlined };
  }

  async #read(pictures: readonly Picture[], signal: AbortSignal): Promise<Map<string, string>> {
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

/** The pictures that fit, in the order of the ids. */
function chosen(ids: readonly string[], pictures: ReadonlyMap<string, Picture>): Picture[] {
  let bytes = 0;
  return ids.flatMap((id) => {
    const picture = pictures.get(id);
    if (!picture || bytes + picture.size > MAX_BYTES) return [];
    bytes += picture.size;
    return [picture];
  });
}

function inline(part: PicturePart, urls: ReadonlyMap<string, string>): unknown {
  const url = urls.get(idOf(part) ?? '');
  if (url === undefined) return { type: 'text', text: '[A picture that is not available any more.]' };
  return { ...part, image_url: { ...part.image_url, url } };
}

function idOf(part: unknown): string | undefined {
  const { type, image_url: image } = (part ?? {}) as Partial<PicturePart>;
  return type === 'image_url' && typeof image?.url === 'string' ? pictureIdOf(image.url) : undefined;
}
