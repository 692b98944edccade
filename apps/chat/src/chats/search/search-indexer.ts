import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { lexemesOf } from './lexemes';
import { type PendingText, SearchIndexRepository } from './search-index.repository';

const INTERVAL_MS = 1_000;
/** Most texts, and characters, of one batch. */
const BATCH = 50;
const BATCH_CHARS = 500_000;
/** Older chats whose texts become pending in one step. */
const WALK_CHATS = 20;

/**
 * Keeps the search index up to date. Every process does: each claims texts that no other has. If a process dies its texts stay pending, and
 * searches scan them until then.
 */
@Injectable()
export class SearchIndexer implements OnApplicationBootstrap {
  private walked = false;

  constructor(
    private readonly repository: SearchIndexRepository,
    @Inject(Runtime) private readonly runtime: Runtime,
  ) {}

  onApplicationBootstrap(): void {
    this.runtime.every(INTERVAL_MS, (signal) => this.catchUp(signal), {
      name: 'index chats for the search',
      jitter: 0.3,
    });
  }

  private async catchUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const texts = await this.repository.claim(BATCH, BATCH_CHARS);
      // New texts have priority over older rows.
      if (texts.length > 0) await this.index(texts);
      else if (!(await this.walk())) return;
    }
  }

  /** @returns whether there are texts to claim again */
  private async walk(): Promise<boolean> {
    if (this.walked) return false;
    const state = await this.repository.walk(WALK_CHATS);
    this.walked = state === 'done';
    return state !== 'held';
  }

  private async index(texts: readonly PendingText[]): Promise<void> {
    const rows = [];
    for (const { chat_id, message_id, noted, user_id, text } of texts) {
      const words = text === null || text === '' || user_id === null ? null : await lexemesOf(text, user_id);
      rows.push({ chat_id, message_id, noted, words });
    }
    await this.repository.store(rows);
  }
}
