import { Controller } from '@nestjs/common';
import { CANCEL_RUNS } from '@perennial/contracts-chat';
import {
  LIST_CHAT_TASKS,
  STOP_CHAT_TASKS,
  STOP_TASK,
  type RouteInput,
  type RouteReply,
} from '@perennial/contracts-gateway';
import { Rpc } from '@perennial/transport';
import { chatIdOf, isUuid, ofYourChat } from '../chats/not-yours';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { Problem } from '../edge/problem';
import { CatchUp } from '../sockets/catch-up';

const stopped = (count: number): RouteReply<typeof STOP_TASK> =>
  count > 0 ? { status: true, message: `Stopped ${count}.` } : { status: false, message: 'Nothing was running.' };

/** A task is an answer that is being written; its id is the run's. */
@Controller()
export class TasksController {
  constructor(
    private readonly rpc: Rpc,
    private readonly catchUp: CatchUp,
  ) {}

  /** Also sends the text so far to the page's sockets: a page asks this when it comes back in mid-answer. */
  @Endpoint(LIST_CHAT_TASKS)
  async ofChat(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof LIST_CHAT_TASKS>,
  ): Promise<RouteReply<typeof LIST_CHAT_TASKS>> {
    const runIds = await ofYourChat(this.catchUp.activeRuns(chatIdOf(params.id), principal));
    this.catchUp.toUser(principal.userId, runIds);
    return { task_ids: runIds };
  }

  @Endpoint(STOP_CHAT_TASKS)
  async stopChat(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof STOP_CHAT_TASKS>,
  ): Promise<RouteReply<typeof STOP_CHAT_TASKS>> {
    const call = this.rpc.call(CANCEL_RUNS, { chatId: chatIdOf(params.id) }, { principal });
    return stopped((await ofYourChat(call)).cancelled.length);
  }

  @Endpoint(STOP_TASK)
  async stop(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof STOP_TASK>,
  ): Promise<RouteReply<typeof STOP_TASK>> {
    if (!isUuid(params.id)) throw new Problem(404, 'There is no such task, or it is not yours.');
    const { cancelled } = await this.rpc.call(CANCEL_RUNS, { runId: params.id }, { principal });
    return stopped(cancelled.length);
  }
}
