import { Readable } from 'node:stream';
import { Controller, Res } from '@nestjs/common';
import { FILE_TEXT, UPDATE_FILE_TEXT, type RouteInput, type RouteReply } from '@perennial/contracts-gateway';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { FILE_TEXT as READ_TEXT, type TextCursor } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../edge/caller';
import { Endpoint, From, Input } from '../edge/endpoint';
import { fileIdOf, ofYourFile } from './not-your-file';
import { TextFiles } from './text-files';

/** The text of a file, apart from its bytes. */
@Controller()
export class FileTextController {
  constructor(
    private readonly rpc: Rpc,
    private readonly texts: TextFiles,
  ) {}

  /**
   * A text may be as long as a library: it is sent piece by piece, as fast as its reader takes it. One that is replaced meanwhile breaks
   * off, so that no reader takes half of each for the whole.
   */
  @Endpoint(FILE_TEXT)
  async text(
    @From() { principal }: Caller,
    @Input() { params }: RouteInput<typeof FILE_TEXT>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fileId = fileIdOf(params.id);
    const first = await ofYourFile(this.rpc.call(READ_TEXT, { fileId }, { principal }));
    reply.header('content-type', 'application/json; charset=utf-8').header('cache-control', 'no-store');
    await reply.send(Readable.from(this.json(fileId, first, principal)));
  }

  @Endpoint(UPDATE_FILE_TEXT)
  async update(
    @From() { principal }: Caller,
    @Input() { params, body }: RouteInput<typeof UPDATE_FILE_TEXT>,
  ): Promise<RouteReply<typeof UPDATE_FILE_TEXT>> {
    await ofYourFile(this.texts.replace(fileIdOf(params.id), body.content, principal));
    return { content: body.content };
  }

  private async *json(
    fileId: string,
    first: { content: string; next: TextCursor | null },
    principal: UserPrincipal,
  ): AsyncGenerator<string> {
    yield '{"content":"';
    for (let piece = first; ;) {
      yield JSON.stringify(piece.content).slice(1, -1);
      if (piece.next === null) break;
      piece = await this.rpc.call(READ_TEXT, { fileId, from: piece.next }, { principal });
    }
    yield '"}';
  }
}
