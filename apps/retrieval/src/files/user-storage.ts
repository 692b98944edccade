import { Inject, Injectable } from '@nestjs/common';
import { assertStorage } from '@perennial/contracts-kernel';
import type { Queryable } from '@perennial/persistence';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';

const DOCUMENTS = { name: 'documents', advice: 'Delete some files and try again.' };

/**
 * The storage of one user's documents: the bytes of files, their extracted text, and the names and descriptions of bases. A small file may
 * have a large text, so both count.
 */
@Injectable()
export class UserStorage {
  constructor(@Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv) {}

  /**
   * @param more bytes about to be added
   *
   * @param instead a file that is not counted, because `more` includes its new size
   * @throws CallError PAYLOAD_TOO_LARGE with `{ used, limit }` beyond the limit
   */
  async assertRoom(db: Queryable, userId: string, more: number, instead?: string): Promise<void> {
    const limit = this.env.MAX_FILE_BYTES_PER_USER;
    if (limit === 0) return;
    const row = await db.first<{ used: number }>(
      `SELECT ((SELECT coalesce(sum(size + text_size), 0) FROM files
                 WHERE user_id = $1 AND deleted_at IS NULL AND id IS DISTINCT FROM $2)
             + (SELECT coalesce(sum(pg_column_size(description) + coalesce(pg_column_size(meta), 0)), 0) FROM knowledge_bases
                 WHERE user_id = $1 AND deleted_at IS NULL))::float8 AS used`,
      [userId, instead ?? null],
      { name: 'user-storage.used' },
    );
    assertStorage(DOCUMENTS, (row?.used ?? 0) + more, limit);
  }
}
