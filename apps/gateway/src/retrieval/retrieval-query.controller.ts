import { Controller } from '@nestjs/common';
import {
  QUERY_COLLECTION,
  QUERY_DOC,
  type QueryReplySchema,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { QUERY_COLLECTIONS } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { z } from 'zod';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';

type Question = Omit<RouteInput<typeof QUERY_DOC>['body'], 'collection_name'>;

/** Searches from outside a chat. */
@Controller()
export class RetrievalQueryController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(QUERY_DOC)
  doc(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof QUERY_DOC>,
  ): Promise<RouteReply<typeof QUERY_DOC>> {
    return this.query([body.collection_name], body, principal);
  }

  @Endpoint(QUERY_COLLECTION)
  collections(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof QUERY_COLLECTION>,
  ): Promise<RouteReply<typeof QUERY_COLLECTION>> {
    return this.query(body.collection_names, body, principal);
  }

  private async query(
    collections: string[],
    { query, k, r, hybrid, hybrid_bm25_weight: weight }: Question,
    principal: UserPrincipal,
  ): Promise<z.output<typeof QueryReplySchema>> {
    const { ids, distances, documents, metadatas } = await this.rpc.call(
      QUERY_COLLECTIONS,
      {
        collections,
        query,
        k: k ?? undefined,
        threshold: r ?? undefined,
        hybrid: hybrid ?? undefined,
        keywordWeight: weight ?? undefined,
      },
      { principal },
    );
    return { ids: [ids], distances: [distances], documents: [documents], metadatas: [metadatas] };
  }
}
