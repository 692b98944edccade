import { Inject, Injectable } from '@nestjs/common';
import { assertStorage, type StorageKind } from '@perennial/contracts-kernel';
import type { Queryable } from '@perennial/persistence';
import { CHAT_ENV, type ChatEnv } from '../env';
import { UsageRepository } from './usage.repository';

const CHATS: StorageKind = { name: 'chats', advice: 'Delete some chats and try again.' };

/** Limits the storage of each user's chats. */
@Injectable()
export class UsageService {
  constructor(
    @Inject(CHAT_ENV) private readonly env: ChatEnv,
    private readonly repository: UsageRepository,
  ) {}

  /**
   * Called before `added` bytes are written. Concurrent writers may each be admitted: together they may exceed the limit by one user's
   * requests in flight.
   *
   * @param known bytes, if they were read already
   * @throws CallError PAYLOAD_TOO_LARGE
   */
  async assertRoom(tx: Queryable, userId: string, added: number, known?: number): Promise<void> {
    if (this.env.MAX_CHAT_BYTES_PER_USER === 0) return;
    assertStorage(CHATS, (known ?? (await this.used(tx, userId))) + added, this.env.MAX_CHAT_BYTES_PER_USER);
  }

  /**
   * Runs `write`, and refuses it if the user then exceeds the limit and has more than before: a user beyond the limit may still rename and
   * shorten.
   *
   * @throws CallError PAYLOAD_TOO_LARGE, after which the transaction must be rolled back
   */
  async within<T>(tx: Queryable, userId: string, write: () => Promise<T>): Promise<T> {
    if (this.env.MAX_CHAT_BYTES_PER_USER === 0) return write();
    const before = await this.used(tx, userId);
    const result = await write();
    const after = await this.used(tx, userId);
    if (after > before) assertStorage(CHATS, after, this.env.MAX_CHAT_BYTES_PER_USER);
    return result;
  }

  private async used(tx: Queryable, userId: string): Promise<number> {
    return (await this.repository.read(tx, userId)) ?? this.repository.count(tx, userId);
  }
}
