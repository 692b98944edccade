import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type BlobStore, BlobStoreError } from '@perennial/blob-store';
import { pictureKey } from '@perennial/contracts-chat';
import { placementOfKey } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { CHAT_ENV, type ChatEnv } from '../env';
import { PICTURE_STORE } from './picture-store';
import { PicturesRepository } from './pictures.repository';

const SWEEP_MS = 10_000;
const STRAY_MS = 60 * 60 * 1_000;
/** Younger blobs without a row may belong to a request that is under way. */
const STRAY_AGE_MS = 60 * 60 * 1_000;
const STRAY_BATCH = 500;

/**
 * Removes pictures with their last message or completion, and the blobs of killed gateways. Every step is idempotent and may run on any
 * replica.
 */
@Injectable()
export class PictureSweeper implements OnApplicationBootstrap {
  constructor(
    private readonly repository: PicturesRepository,
    @Inject(PICTURE_STORE) private readonly store: BlobStore,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(CHAT_ENV) private readonly env: Pick<ChatEnv, 'PLACEMENTS'>,
  ) {}

  onApplicationBootstrap(): void {
    this.runtime.every(SWEEP_MS, (signal) => this.sweep(signal), { name: 'remove pictures', jitter: 0.5 });
    this.runtime.every(STRAY_MS, (signal) => this.removeStray(signal), { name: 'remove stray pictures', jitter: 0.5 });
  }

  /** @throws BlobStoreError of a store that is away, when the blobs of all others are removed */
  async sweep(signal: AbortSignal): Promise<void> {
    await this.repository.releaseEnded();
    while (!signal.aborted && (await this.repository.giveUp()));
    const away = new Map<string | undefined, BlobStoreError>();
    for (let keys = await this.repository.removals(''); keys.length > 0;) {
      // Blobs first: after a crash in between the row remains, and the blob is removed again.
      const removed: string[] = [];
      for (const key of keys) {
        signal.throwIfAborted();
        const placement = placementOfKey(key);
        if (away.has(placement)) continue;
        try {
          await this.store.delete(key);
          removed.push(key);
        } catch (error) {
          if (!(error instanceof BlobStoreError)) throw error;
          away.set(placement, error);
        }
      }
      await this.repository.removed(removed);
      keys = await this.repository.removals(keys.at(-1)!);
    }
    for (const error of away.values()) throw error;
  }

  /**
   * @param minAgeMs younger blobs are skipped
   * @throws BlobStoreError of a store that is away, when the others are clean
   */
  async removeStray(signal: AbortSignal, minAgeMs = STRAY_AGE_MS): Promise<void> {
    let away: BlobStoreError | undefined;
    for (const placement of [undefined, ...this.env.PLACEMENTS.keys()]) {
      try {
        await this.removeStrayOf(placement, signal, minAgeMs);
      } catch (error) {
        if (!(error instanceof BlobStoreError)) throw error;
        away ??= error;
      }
    }
    if (away) throw away;
  }

  private async removeStrayOf(placement: string | undefined, signal: AbortSignal, minAgeMs: number): Promise<void> {
    let keys: string[] = [];
    const look = async (): Promise<void> => {
      for (const key of keys.length === 0 ? [] : await this.repository.unknown(keys)) await this.store.delete(key);
      keys = [];
    };
    for await (const { key, ageMs } of this.store.list(pictureKey('', placement), { signal })) {
      if (ageMs < minAgeMs) continue;
      if (keys.push(key) >= STRAY_BATCH) await look();
    }
    await look();
  }
}
