import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { documents as documentCalls } from '@perennial/contracts-retrieval';
import type { QueryReplySchema } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { z } from 'zod';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';

type Question = Omit<RouteInput<typeof routes.retrieval.queryDoc>['body'], 'collection_name'>;

/** Searches from outside a chat. */
@Controller()
export class RetrievalQueryController {
  constructor(private readonly rpc: Rpc) {}

  @Endpoint(routes.retrieval.queryDoc)
  doc(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.queryDoc>,
  ): Promise<RouteReply<typeof routes.retrieval.queryDoc>> {
    return this.query([body.collection_name], body, principal);
  }

  @Endpoint(routes.retrieval.queryCollection)
  collections(
    @From() { principal }: Caller,
    @Input() { body }: RouteInput<typeof routes.retrieval.queryCollection>,
  ): Promise<RouteReply<typeof routes.retrieval.queryCollection>> {
    return this.query(body.collection_names, body, principal);
  }

  private async query(
    collections: string[],
    { query, k, r, hybrid, hybrid_bm25_weight: weight }: Question,
    principal: UserPrincipal,
  ): Promise<z.output<typeof QueryReplySchema>> {
    const { ids, distances, documents, metadatas } = await this.rpc.call(
      documentCalls.query,
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
