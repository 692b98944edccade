import { Controller, Inject, Req, Res } from '@nestjs/common';
import { type Cursor, parseCursor, type RouteInput, routes } from '@perennial/contracts-gateway';
import { CallError } from '@perennial/contracts-kernel';
import type { RunStreamSubscriber } from '@perennial/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventStreams } from '../../http/event-streams';
import { idOf, notFound } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import { Problem } from '../../problem';
import type { Caller } from '../../sessions/caller';
import { eventOf } from './run-events';
import { feed } from './run-feed';
import { RUN_STREAM_SUBSCRIBER } from './run-stream-subscriber';

@Controller()
export class RunsController {
  constructor(
    @Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber,
    private readonly streams: EventStreams,
  ) {}

  @Route(routes.runs.events)
  async events(
    @CurrentUser() caller: Caller,
    @ValidatedInput() { params, query }: RouteInput<typeof routes.runs.events>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const cursor = cursorOf(request, query.cursor);
    const runId = idOf('run', params.id);
    const run = await this.subscriber.snapshot(runId);
    if (run === undefined || run.identity.userId !== caller.user.id) throw notFound('run');
    const stream = this.streams.add(caller, reply, 'resumable', () => undefined);
    try {
      await feed(this.subscriber, runId, cursor, stream, (update, followed) => {
        const taken = stream.write(eventOf(update, followed));
        if (update.kind === 'end') stream.end();
        return taken;
      });
      // No text yet: the reader learns that it is connected.
      stream.begin();
    } catch (error) {
      if (stream.hasBegun) stream.end();
      throw error instanceof CallError && error.code === 'NOT_FOUND' ? notFound('run') : error;
    }
  }
}

/** The header wins: a browser's EventSource sends it when it reconnects to an address with an older cursor. */
function cursorOf(request: FastifyRequest, query: string | undefined): Cursor | undefined {
  const header = request.headers['last-event-id'];
  const text = typeof header === 'string' && header !== '' ? header : query;
  if (text === undefined) return undefined;
  const cursor = parseCursor(text);
  if (cursor === undefined) {
    throw new Problem(422, 'cursor: must be the id of an event of this stream, such as "1.1.120"');
  }
  return cursor;
}
