import { Controller } from '@nestjs/common';
import { QUERY_COLLECTIONS, SEARCH } from '@perennial/contracts-retrieval';
import type { CallParsedRequest, CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { SearchService } from './search.service';

@Controller()
export class SearchController {
  constructor(private readonly searches: SearchService) {}

  @Handles(SEARCH)
  search(request: CallParsedRequest<typeof SEARCH>, context: CallContext): Promise<CallReply<typeof SEARCH>> {
    return this.searches.search(request, context);
  }

  @Handles(QUERY_COLLECTIONS)
  query(
    request: CallParsedRequest<typeof QUERY_COLLECTIONS>,
    context: CallContext,
  ): Promise<CallReply<typeof QUERY_COLLECTIONS>> {
    return this.searches.query(request, context);
  }
}
