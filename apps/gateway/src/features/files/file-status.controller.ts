import { Controller, Res } from '@nestjs/common';
import { type RouteInput, routes } from '@perennial/contracts-gateway';
import { files, type FileStatus } from '@perennial/contracts-retrieval';
import type { FileProgress } from '@perennial/contracts-wire';
import { Rpc } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import { EventStreams } from '../../http/event-streams';
import { idOf, notFound } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { FileWatch } from './file-watch';
import { LatestOnly } from './latest-only';

@Controller()
export class FileStatusController {
  constructor(
    private readonly rpc: Rpc,
    private readonly watch: FileWatch,
    private readonly streams: EventStreams,
  ) {}

  @Route(routes.files.status)
  async status(
    @CurrentUser() caller: Caller,
    @ValidatedInput() { params, query }: RouteInput<typeof routes.files.status>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fileId = idOf('file', params.id);
    if (query.stream) return this.stream(fileId, caller, reply);
    const { items } = await this.rpc.call(files.statuses, { fileIds: [fileId] }, caller);
    if (items[0] === undefined) throw notFound('file');
    await reply.send(progressOf(items[0]));
  }

  private async stream(fileId: string, caller: Caller, reply: FastifyReply): Promise<void> {
    const stream = this.streams.add(caller, reply, 'resumable', () => undefined);
    const latest = new LatestOnly(stream);
    let gone = false;
    try {
      const stop = await this.watch.follow(fileId, caller.principal, (status) => {
        if (status === undefined) {
          gone = true;
          // Deleted while it was followed: no further state will come.
          if (stream.hasBegun) latest.last({ status: 'failed', error: 'The file was deleted.' });
          return;
        }
        const progress = progressOf(status);
        if (status.state === 'completed' || status.state === 'failed') latest.last(progress);
        else latest.show(progress);
      });
      stream.onClose(stop);
    } catch (error) {
      if (stream.hasBegun) stream.end();
      throw error;
    }
    if (gone && !stream.hasBegun) throw notFound('file');
  }
}

/** Progress of a file, in the wire's shape. */
export function progressOf({
  state,
  step,
  done,
  total,
  error,
}: Pick<FileStatus, 'state' | 'step' | 'done' | 'total' | 'error'>): FileProgress {
  return { status: state, ...(error === null ? {} : { error }), step, done, total };
}
