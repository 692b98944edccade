import { Controller } from '@nestjs/common';
import {
  COUNT_FILES,
  DELETE_ALL_FILES,
  DELETE_FILE,
  DELETE_USER_DOCUMENTS,
  FILE_STATUSES,
  FILE_TEXT,
  GET_FILE,
  LIST_FILES,
  LOCATE_FILE,
  REGISTER_FILE,
  RENAME_FILE,
  REPLACE_FILE,
  RETRY_FILE,
  SEARCH_FILES,
} from '@perennial/contracts-retrieval';
import type { CallParsedRequest, CallReply } from '@perennial/contracts-kernel';
import { Handles, type CallContext } from '@perennial/transport';
import { FilesService } from './files.service';
import { RegisterService } from './register.service';

/**
 * Calls about files. A registration is known by the file's id: its second delivery finds the row. All else that changes something keeps the
 * result of the first delivery, because a second one may come after changes of others: an old replacement must not undo a newer one.
 */
@Controller()
export class FilesController {
  constructor(
    private readonly files: FilesService,
    private readonly registration: RegisterService,
  ) {}

  @Handles(REGISTER_FILE)
  register(request: CallParsedRequest<typeof REGISTER_FILE>, { principal }: CallContext) {
    return this.registration.register(request, principal);
  }

  @Handles(GET_FILE)
  get({ fileId }: CallParsedRequest<typeof GET_FILE>, { principal }: CallContext) {
    return this.files.get(fileId, principal);
  }

  @Handles(LOCATE_FILE)
  locate({ fileId }: CallParsedRequest<typeof LOCATE_FILE>, { principal }: CallContext) {
    return this.files.locate(fileId, principal);
  }

  @Handles(FILE_STATUSES)
  async statuses(
    { fileIds }: CallParsedRequest<typeof FILE_STATUSES>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof FILE_STATUSES>> {
    return { items: await this.files.statuses(fileIds, principal) };
  }

  @Handles(LIST_FILES)
  list(request: CallParsedRequest<typeof LIST_FILES>, { principal }: CallContext) {
    return this.files.list(request, principal);
  }

  @Handles(SEARCH_FILES)
  async search(
    request: CallParsedRequest<typeof SEARCH_FILES>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof SEARCH_FILES>> {
    return { items: await this.files.search(request, principal) };
  }

  @Handles(COUNT_FILES)
  async count(_: CallParsedRequest<typeof COUNT_FILES>, { principal }: CallContext) {
    return { count: await this.files.count(principal) };
  }

  @Handles(FILE_TEXT)
  text(request: CallParsedRequest<typeof FILE_TEXT>, { principal }: CallContext) {
    return this.files.text(request, principal);
  }

  @Handles(RENAME_FILE)
  rename(request: CallParsedRequest<typeof RENAME_FILE>, context: CallContext) {
    return this.files.rename(request, context);
  }

  @Handles(DELETE_FILE)
  delete(request: CallParsedRequest<typeof DELETE_FILE>, context: CallContext) {
    return this.files.delete(request, context);
  }

  @Handles(DELETE_ALL_FILES)
  async deleteAll(_: CallParsedRequest<typeof DELETE_ALL_FILES>, context: CallContext) {
    return { deleted: await this.files.deleteAll(context) };
  }

  @Handles(DELETE_USER_DOCUMENTS)
  deleteOfUser({ userId }: CallParsedRequest<typeof DELETE_USER_DOCUMENTS>, context: CallContext) {
    return this.files.deleteOfUser(userId, context);
  }

  @Handles(REPLACE_FILE)
  replace(request: CallParsedRequest<typeof REPLACE_FILE>, context: CallContext) {
    return this.files.replace(request, context);
  }

  @Handles(RETRY_FILE)
  retry({ fileId }: CallParsedRequest<typeof RETRY_FILE>, context: CallContext) {
    return this.files.retry(fileId, context);
  }
}
