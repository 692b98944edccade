import { Controller } from '@nestjs/common';
import type { CallParsedRequest } from '@perennial/contracts-kernel';
import { webPages } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { WebPagesService } from './web-pages.service';

@Controller()
export class WebPagesController {
  constructor(private readonly pages: WebPagesService) {}

  @Handles(webPages.load)
  load(request: CallParsedRequest<typeof webPages.load>, { principal }: CallContext) {
    return this.pages.load(request, principal);
  }
}
