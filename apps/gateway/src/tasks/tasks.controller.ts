import { Controller } from '@nestjs/common';
import { runs } from '@perennial/contracts-chat';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import { chatIdOf, isUuid, ofYourChat } from '../chats/not-yours';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { Problem } from '../edge/problem';
import { CatchUp } from '../sockets/catch-up';

const stopped = (count: number): RouteReply<typeof routes.tasks.stop> =>
  count > 0 ? { status: true, message: `Stopped ${count}.` } : { status: false, message: 'Nothing was running.' };

/** A task is an answer that is being written; its id is the run's. */
@Controller()
export class TasksController {
  constructor(
    private readonly rpc: Rpc,
    private readonly catchUp: CatchUp,
  ) {}

  /** Also sends the text so far to the page's sockets: a page asks this when it comes back in mid-answer. */
  @Endpoint(routes.tasks.list)
  async ofChat(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.tasks.list>,
  ): Promise<RouteReply<typeof routes.tasks.list>> {
    const runIds = await ofYourChat(this.catchUp.activeRuns(chatIdOf(params.id), principal));
    this.catchUp.toUser(principal.userId, runIds);
    return { task_ids: runIds };
  }

  @Endpoint(routes.tasks.stopAll)
  async stopChat(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.tasks.stopAll>,
  ): Promise<RouteReply<typeof routes.tasks.stopAll>> {
    const call = this.rpc.call(runs.cancel, { chatId: chatIdOf(params.id) }, { principal });
    return stopped((await ofYourChat(call)).cancelled.length);
  }

  @Endpoint(routes.tasks.stop)
  async stop(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof routes.tasks.stop>,
  ): Promise<RouteReply<typeof routes.tasks.stop>> {
    if (!isUuid(params.id)) throw new Problem(404, 'There is no such task, or it is not yours.');
    const { cancelled } = await this.rpc.call(runs.cancel, { runId: params.id }, { principal });
    return stopped(cancelled.length);
  }
}
