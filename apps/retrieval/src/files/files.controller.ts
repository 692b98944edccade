import { Controller } from '@nestjs/common';
import type { CallParsedRequest, CallReply } from '@perennial/contracts-kernel';
import { files } from '@perennial/contracts-retrieval';
import { type CallContext, Handles } from '@perennial/transport';
import { FilesService } from './files.service';
import { RegisterService } from './register.service';

/**
 * Calls about files. A registration is idempotent by the file's id. Other changes store the result of the first delivery, because a second
 * one may come after other changes: an old replacement must not undo a newer one.
 */
@Controller()
export class FilesController {
  constructor(
    private readonly files: FilesService,
    private readonly registration: RegisterService,
  ) {}

  @Handles(files.register)
  register(request: CallParsedRequest<typeof files.register>, { principal }: CallContext) {
    return this.registration.register(request, principal);
  }

  @Handles(files.get)
  get({ fileId }: CallParsedRequest<typeof files.get>, { principal }: CallContext) {
    return this.files.get(fileId, principal);
  }

  @Handles(files.locate)
  locate({ fileId }: CallParsedRequest<typeof files.locate>, { principal }: CallContext) {
    return this.files.locate(fileId, principal);
  }

  @Handles(files.statuses)
  async statuses(
    { fileIds }: CallParsedRequest<typeof files.statuses>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof files.statuses>> {
    return { items: await this.files.statuses(fileIds, principal) };
  }

  @Handles(files.list)
  list(request: CallParsedRequest<typeof files.list>, { principal }: CallContext) {
    return this.files.list(request, principal);
  }

  @Handles(files.search)
  async search(
    request: CallParsedRequest<typeof files.search>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof files.search>> {
    return { items: await this.files.search(request, principal) };
  }

  @Handles(files.count)
  async count(_: CallParsedRequest<typeof files.count>, { principal }: CallContext) {
    return { count: await this.files.count(principal) };
  }

  @Handles(files.text)
  text(request: CallParsedRequest<typeof files.text>, { principal }: CallContext) {
    return this.files.text(request, principal);
  }

  @Handles(files.rename)
  rename(request: CallParsedRequest<typeof files.rename>, context: CallContext) {
    return this.files.rename(request, context);
  }

  @Handles(files.remove)
  delete(request: CallParsedRequest<typeof files.remove>, context: CallContext) {
    return this.files.delete(request, context);
  }

  @Handles(files.removeAll)
  async deleteAll(_: CallParsedRequest<typeof files.removeAll>, context: CallContext) {
    return { deleted: await this.files.deleteAll(context) };
  }

  @Handles(files.removeOfUser)
  deleteOfUser({ userId }: CallParsedRequest<typeof files.removeOfUser>, context: CallContext) {
    return this.files.deleteOfUser(userId, context);
  }

  @Handles(files.replace)
  replace(request: CallParsedRequest<typeof files.replace>, context: CallContext) {
    return this.files.replace(request, context);
  }

  @Handles(files.retry)
  retry({ fileId }: CallParsedRequest<typeof files.retry>, context: CallContext) {
    return this.files.retry(fileId, context);
  }
}
