import { Controller } from '@nestjs/common';
import { users as userCalls } from '@perennial/contracts-auth';
import { chats } from '@perennial/contracts-chat';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { files } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import { Problem, withStatuses } from '../../problem';
import type { Caller } from '../../sessions/caller';
import { RevocationFeed } from '../../sessions/revocation-feed';
import { toUserRow } from '../auths/session-user';

@Controller()
export class UsersController {
  constructor(
    private readonly rpc: Rpc,
    private readonly feed: RevocationFeed,
  ) {}

  @Route(routes.users.update)
  async update(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params, body }: RouteInput<typeof routes.users.update>,
  ): Promise<RouteReply<typeof routes.users.update>> {
    const { password, ...rest } = body;
    const change = { userId: params.id, ...rest, ...(password ? { password } : {}) };
    const user = await withStatuses({ ALREADY_EXISTS: 400 }, this.rpc.call(userCalls.update, change, { principal }));
    await this.feed.catchUp(user.id);
    if (body.placement !== undefined && (user.placement ?? null) !== body.placement)
      throw new Problem(
        503,
        'A process of an older version has ignored the placement. Finish the upgrade and try again.',
      );
    return toUserRow(user);
  }

  /** The account first, so that it cannot create data that is deleted next. Idempotent: repeat it after an error. */
  @Route(routes.users.remove)
  async remove(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params }: RouteInput<typeof routes.users.remove>,
  ): Promise<RouteReply<typeof routes.users.remove>> {
    const { deleted } = await this.rpc.call(userCalls.remove, { userId: params.id }, { principal });
    await this.feed.catchUp(params.id);
    await this.rpc.call(chats.removeOfUser, { userId: params.id }, { principal });
    await this.rpc.call(files.removeOfUser, { userId: params.id }, { principal });
    return deleted;
  }
}
