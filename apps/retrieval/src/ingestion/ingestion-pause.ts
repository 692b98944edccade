import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { IndexCatalog } from '../search-index/index-catalog';
import { usesIndex } from '../settings/settings';
import { SettingsKeeper } from '../settings/settings-keeper';

/** How often a paused worker checks whether it may continue, after a new key of the embedder or a retry. */
const LOOK_MS = 250;

/** While something that all files need is away, a worker does not try one file after another. */
@Injectable()
export class IngestionPause {
  /** A store is away: no file is started before this time, in milliseconds of `performance.now()`. */
  private until = 0;

  constructor(
    private readonly catalog: IndexCatalog,
    private readonly settings: SettingsKeeper,
  ) {}

  /** @param seconds from now */
  lastAtLeast(seconds: number): void {
    this.until = Math.max(this.until, performance.now() + seconds * 1_000);
  }

  /** Whether something that all files need is away. */
  async isOn(): Promise<boolean> {
    if (performance.now() < this.until) return true;
    return usesIndex(await this.settings.current()) && this.catalog.isPaused();
  }

  /** Resolves when no pause is on, or when `isLeaving`. */
  async over(isLeaving: () => boolean): Promise<void> {
    while (!isLeaving() && (await this.isOn())) await sleep(LOOK_MS);
  }
}
