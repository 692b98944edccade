import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { BlobStore } from '@perennial/blob-store';
import { pictureKey, pictures, pictureUrl } from '@perennial/contracts-chat';
import { CallError, type CallRequest, isUndecided, type UserPrincipal } from '@perennial/contracts-kernel';
import type { Chat } from '@perennial/contracts-wire';
import { Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import { Problem } from '../../problem';
import { BLOB_STORE, problemOfStore } from '../files/blob-store';
import { type CarriesPictures, decodePicture, picturesIn, withPictures } from './data-urls';

type ChatBlob = Chat['chat'];
type Kept = CallRequest<typeof pictures.keep>['pictures'][number];

/** Pictures of one request. */
const MAX_PICTURES = 1_000;
/** Concurrent writes to the store for one request. */
const AT_ONCE = 4;

/**
 * Moves pictures out of messages: the bytes of data URLs go into the store, and the messages refer to them. So pictures are stored once, and
 * never travel between services.
 */
@Injectable()
export class PictureIntake {
  constructor(
    @Inject(BLOB_STORE) private readonly store: BlobStore,
    private readonly rpc: Rpc,
    private readonly runtime: Runtime,
  ) {}

  /**
   * The messages with references instead of data URLs; the same objects if there are none.
   *
   * @throws Problem 413 (storage full), 422 (too many), 503 (the store is away)
   */
  async take<M extends CarriesPictures>(messages: readonly M[], principal: UserPrincipal): Promise<M[]> {
    const urls = [...new Set(messages.flatMap(picturesIn))];
    if (urls.length === 0) return [...messages];
    if (urls.length > MAX_PICTURES) throw new Problem(422, `messages: may bring at most ${MAX_PICTURES} pictures`);
    const stored: Kept[] = [];
    for (let at = 0; at < urls.length; at += AT_ONCE) {
      stored.push(
        ...(await Promise.all(urls.slice(at, at + AT_ONCE).map((url) => this.put(url, principal.placement)))),
      );
    }
    try {
      const { ids } = await this.rpc.call(pictures.keep, { pictures: stored }, { principal });
      const addresses = new Map(urls.map((url, at) => [url, pictureUrl(ids[at] ?? '')]));
      return messages.map((message) => withPictures(message, addresses));
    } catch (error) {
      // If the outcome is unknown, chat removes the bytes later unless they were recorded.
      if (error instanceof CallError && !isUndecided(error)) {
        await Promise.allSettled(stored.map(({ blobKey }) => this.store.delete(blobKey)));
      }
      throw error;
    }
  }

  /** A chat's blob with the pictures of its messages moved to the store. */
  async takeFromChat(chat: ChatBlob, principal: UserPrincipal): Promise<ChatBlob> {
    if (chat.history === undefined) return chat;
    const entries = Object.entries(chat.history.messages);
    const taken = await this.take(
      entries.map(([, message]) => message),
      principal,
    );
    const messages = Object.fromEntries(entries.map(([id], at) => [id, taken[at]!]));
    return { ...chat, history: { ...chat.history, messages } };
  }

  private async put(url: string, placement: string | undefined): Promise<Kept> {
    const { bytes, contentType } = decodePicture(url);
    const blobKey = pictureKey(randomUUID(), placement);
    try {
      const { size, sha256 } = await this.store.put(blobKey, Readable.from([bytes]), {
        maxBytes: bytes.length,
        contentType,
      });
      return { blobKey, size, sha256, contentType };
    } catch (error) {
      throw problemOfStore(error, this.runtime);
    }
  }
}
