import { Controller } from '@nestjs/common';
import type { CallParsedRequest } from '@perennial/contracts-kernel';
import { knowledgeDirectories } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { DirectoriesService } from './directories.service';

/** Calls about the directories of bases. */
@Controller()
export class DirectoriesController {
  constructor(private readonly directories: DirectoriesService) {}

  @Handles(knowledgeDirectories.create)
  create(request: CallParsedRequest<typeof knowledgeDirectories.create>, context: CallContext) {
    return this.directories.create(request, context);
  }

  @Handles(knowledgeDirectories.update)
  update(request: CallParsedRequest<typeof knowledgeDirectories.update>, context: CallContext) {
    return this.directories.update(request, context);
  }

  @Handles(knowledgeDirectories.remove)
  remove(request: CallParsedRequest<typeof knowledgeDirectories.remove>, context: CallContext) {
    return this.directories.remove(request, context);
  }
}
