import { Readable } from 'node:stream';
import { Controller, Res } from '@nestjs/common';
import { type RouteInput, type RouteReply, routes } from '@perennial/contracts-gateway';
import type { UserPrincipal } from '@perennial/contracts-kernel';
import { files, type TextCursor } from '@perennial/contracts-retrieval';
import { Rpc } from '@perennial/transport';
import type { FastifyReply } from 'fastify';
import { hideForbidden, idOf } from '../../http/hidden';
import { CurrentUser, Route, ValidatedInput } from '../../http/route';
import type { Caller } from '../../sessions/caller';
import { TextFiles } from './text-files';

/** The text of a file, apart from its bytes. */
@Controller()
export class FileTextController {
  constructor(
    private readonly rpc: Rpc,
    private readonly texts: TextFiles,
  ) {}

  /**
   * A text may be very long: it is sent piece by piece, at the reader's speed. If the file is replaced meanwhile the reply is cut, so that no
   * reader gets parts of two texts.
   */
  @Route(routes.files.text)
  async text(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params }: RouteInput<typeof routes.files.text>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const fileId = idOf('file', params.id);
    const first = await hideForbidden('file', this.rpc.call(files.text, { fileId }, { principal }));
    reply.header('content-type', 'application/json; charset=utf-8').header('cache-control', 'no-store');
    await reply.send(Readable.from(this.json(fileId, first, principal)));
  }

  @Route(routes.files.updateText)
  async update(
    @CurrentUser() { principal }: Caller,
    @ValidatedInput() { params, body }: RouteInput<typeof routes.files.updateText>,
  ): Promise<RouteReply<typeof routes.files.updateText>> {
    await hideForbidden('file', this.texts.replace(idOf('file', params.id), body.content, principal));
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
      piece = await this.rpc.call(files.text, { fileId, from: piece.next }, { principal });
    }
    yield '"}';
  }
}
