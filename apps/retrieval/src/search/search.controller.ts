import { Controller } from '@nestjs/common';
import type { CallParsedRequest, CallReply } from '@perennial/contracts-kernel';
import { documents } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { SearchService } from './search.service';

@Controller()
export class SearchController {
  constructor(private readonly searches: SearchService) {}

  @Handles(documents.search)
  search(
    request: CallParsedRequest<typeof documents.search>,
    context: CallContext,
  ): Promise<CallReply<typeof documents.search>> {
    return this.searches.search(request, context);
  }

  @Handles(documents.query)
  query(
    request: CallParsedRequest<typeof documents.query>,
    context: CallContext,
  ): Promise<CallReply<typeof documents.query>> {
    return this.searches.query(request, context);
  }
}
