import { Controller, Res } from '@nestjs/common';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import type { CallReply } from '@perennial/contracts-kernel';
import { knowledge } from '@perennial/contracts-retrieval';
import type { PendingFile } from '@perennial/contracts-wire';
import { Runtime } from '@perennial/runtime';
import { Rpc } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import type { EventStream } from '../../http/event-stream';
import { EventStreams } from '../../http/event-streams';
import { hideForbidden, idOf } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import { Problem } from '../../problem';
import type { Caller } from '../../sessions/caller';
import { progressOf } from '../files/file-status.controller';
import { FileWatch } from '../files/file-watch';
import { LatestOnly } from '../files/latest-only';

/** Minimum interval between reads of the list: notices come a few times a second for each file of an upload. */
const READ_EVERY_MS = 500;

/** The pending files of a base. */
@Controller()
export class PendingFilesController {
  constructor(
    private readonly rpc: Rpc,
    private readonly watch: FileWatch,
    private readonly streams: EventStreams,
    private readonly runtime: Runtime,
  ) {}

  @Route(routes.knowledge.pending)
  async pending(
    @CurrentUser() caller: Caller,
    @ValidatedInput() { params, query }: RouteInput<typeof routes.knowledge.pending>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const knowledgeId = idOf('base', params.id);
    if (!query.stream) return void (await reply.send(await this.read(knowledgeId, caller)));
    const [{ user_id: owner }, first] = await Promise.all([
      hideForbidden('base', this.rpc.call(knowledge.get, { knowledgeId }, caller)),
      this.read(knowledgeId, caller),
    ]);
    const stream = this.streams.add(caller, reply, 'resumable', () => undefined);
    this.follow(stream, first, owner, () => this.read(knowledgeId, caller));
  }

  /** Reads the list again after each change, one read at a time; a change during a read triggers another. */
  private follow(stream: EventStream, first: PendingFile[], owner: string, read: () => Promise<PendingFile[]>): void {
    const latest = new LatestOnly(stream);
    const show = (list: PendingFile[]): void => (list.length === 0 ? latest.last(list) : latest.show(list));
    let reading = false;
    let again = false;
    const refresh = async (): Promise<void> => {
      again = reading;
      if (reading || stream.isOver) return;
      reading = true;
      try {
        show(await read());
      } catch (error) {
        // The base was deleted while it was followed: no further list will come.
        if (error instanceof Problem) return latest.last([]);
        // Retrieval or Redis is away: the next poll, a few seconds from now, tries again.
        this.runtime.logger('knowledge').debug({ err: error }, 'pending files could not be read');
      }
      await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS).unref());
      reading = false;
      if (again) await refresh();
    };
    stream.onClose(this.watch.onChange(owner, () => void refresh()));
    show(first);
    // Catches changes between the first read and now.
    if (first.length > 0) void refresh();
  }

  private async read(knowledgeId: string, caller: Caller): Promise<PendingFile[]> {
    const { items } = await hideForbidden('base', this.rpc.call(knowledge.pending, { knowledgeId }, caller));
    return items.map(pendingFile);
  }
}

function pendingFile(file: CallReply<typeof knowledge.pending>['items'][number]): PendingFile {
  return { id: file.id, user_id: file.userId, filename: file.filename, data: progressOf(file) };
}
