import { Controller, Inject } from '@nestjs/common';
import { pictures as pictureCalls } from '@perennial/contracts-chat';
import {
  CallError,
  type CallParsedRequest,
  type CallReply,
  placementOfKey,
  requireUser,
} from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { type CallContext, Handles } from '@perennial/transport';
import { CHAT_ENV, type ChatEnv } from '../env';
import { UsageService } from '../usage/usage.service';
import { PicturesRepository } from './pictures.repository';

/** The caller's own pictures. */
@Controller()
export class PicturesController {
  constructor(
    private readonly repository: PicturesRepository,
    private readonly usage: UsageService,
    private readonly unitOfWork: UnitOfWork,
    @Inject(CHAT_ENV) private readonly env: Pick<ChatEnv, 'PLACEMENTS'>,
  ) {}

  /** Idempotent: the same picture is stored once. */
  @Handles(pictureCalls.keep)
  async keep(
    { pictures }: CallParsedRequest<typeof pictureCalls.keep>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof pictureCalls.keep>> {
    const { userId, placement } = requireUser(principal);
    if (placement !== undefined && !this.env.PLACEMENTS.has(placement))
      throw new CallError(
        'FAILED_PRECONDITION',
        `Your data belongs in the placement "${placement}", which is not set up here. Tell an administrator.`,
        { reason: 'placement' },
      );
    if (pictures.some(({ blobKey }) => placementOfKey(blobKey) !== placement))
      throw new CallError(
        'FAILED_PRECONDITION',
        'These pictures are not stored where your data belongs. Send them again.',
      );
    const ids = await this.unitOfWork.run(
      (tx) => this.usage.within(tx, userId, () => this.repository.keep(tx, userId, pictures)),
      { retry: true },
    );
    return { ids };
  }

  @Handles(pictureCalls.locate)
  async locate(
    { pictureId }: CallParsedRequest<typeof pictureCalls.locate>,
    { principal }: CallContext,
  ): Promise<CallReply<typeof pictureCalls.locate>> {
    const [picture] = await this.repository.find(requireUser(principal).userId, [pictureId]);
    if (picture === undefined) throw new CallError('NOT_FOUND', 'There is no such picture. It may have been deleted.');
    return picture;
  }
}
