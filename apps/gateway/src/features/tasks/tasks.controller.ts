import { Controller } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import { hideForbidden, idOf } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { CatchUp } from '../sockets/catch-up';

/** A task is an answer that is being written; its id is the run's. */
@Controller()
export class TasksController {
  constructor(private readonly catchUp: CatchUp) {}

  /** Also sends the text so far to the page's sockets: a page calls this when it returns during an answer. */
  @Route(routes.tasks.list)
  async ofChat(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params }: RouteInput<typeof routes.tasks.list>,
  ): Promise<RouteReply<typeof routes.tasks.list>> {
    const runs = await hideForbidden('chat', this.catchUp.activeRuns(idOf('chat', params.id), principal));
    const runIds = runs.map(({ runId }) => runId);
    this.catchUp.toUser(principal.userId, runIds);
    const waiting = runs.flatMap(({ runId, before }) => (before === undefined ? [] : [[runId, before] as const]));
    return { task_ids: runIds, ...(waiting.length > 0 && { positions: Object.fromEntries(waiting) }) };
  }
}
