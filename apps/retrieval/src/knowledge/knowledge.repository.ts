import { Injectable } from '@nestjs/common';
import type { LIST_KNOWLEDGE } from '@perennial/contracts-retrieval';
import type { CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { Database } from '@perennial/persistence';

type Page = CallReply<typeof LIST_KNOWLEDGE>;

const PAGE = 30;

@Injectable()
export class KnowledgeRepository {
  constructor(private readonly database: Database) {}

  /** The user's knowledge bases, last changed first. */
  async list({ userId }: UserPrincipal, page: number): Promise<Page> {
    const [items, count] = await Promise.all([
      this.database.query<Page['items'][number]>(
        `SELECT id, user_id, name, description, floor(extract(epoch FROM created_at))::int AS created_at,
                floor(extract(epoch FROM updated_at))::int AS updated_at
           FROM knowledge_bases WHERE user_id = $1 ORDER BY knowledge_bases.updated_at DESC, id LIMIT ${PAGE} OFFSET $2`,
        [userId, (page - 1) * PAGE],
      ),
      this.database.first<{ total: number }>('SELECT count(*)::int AS total FROM knowledge_bases WHERE user_id = $1', [
        userId,
      ]),
    ]);
    return { items, total: count?.total ?? 0 };
  }
}
