import { Injectable } from '@nestjs/common';
import type { Queryable } from '@perennial/persistence';

/** The storage of users' chats, as the triggers maintain it. */
@Injectable()
export class UsageRepository {
  /** Bytes; undefined if they have to be counted. */
  async read(tx: Queryable, userId: string): Promise<number | undefined> {
    const row = await tx.first<{ bytes: number }>(
      'SELECT bytes::float8 AS bytes FROM storage_used WHERE user_id = $1 AND counted',
      [userId],
      { name: 'usage.read' },
    );
    return row?.bytes;
  }

  /**
   * Counts again, including this transaction's writes. Concurrent writers wait for its end, so nothing is missed or counted twice.
   */
  async count(tx: Queryable, userId: string): Promise<number> {
    await tx.execute('INSERT INTO storage_used (user_id) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
    await tx.execute('SELECT 1 FROM storage_used WHERE user_id = $1 FOR UPDATE', [userId]);
    const row = await tx.first<{ bytes: number }>(
      `UPDATE storage_used SET counted = true, bytes =
         (SELECT coalesce(sum(message_bytes(m.content, m.content_parts, m.output, m.extra)), 0) FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.user_id = $1)
         + (SELECT coalesce(sum(chat_bytes(c.params, c.extra)), 0) FROM chats c WHERE c.user_id = $1)
         + (SELECT coalesce(sum(p.size), 0) FROM pictures p WHERE p.user_id = $1)
        WHERE user_id = $1 RETURNING bytes::float8 AS bytes`,
      [userId],
    );
    return row?.bytes ?? 0;
  }
}
