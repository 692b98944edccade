import { Controller, Req, Res } from '@nestjs/common';
import { CompletionBodySchema, routes, TurnBodySchema } from '@perennial/contracts-gateway';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readIdempotencyKey } from '../../http/idempotency-key';
import { callerOf } from '../../http/request';
import { parse, Route } from '../../http/route';
import { Problem } from '../../problem';
import { CompletionsService } from './completions.service';
import { isTurn } from './turn-body';

/** One route under three addresses; the body tells a page's request from an SDK's. */
@Controller()
export class CompletionsController {
  constructor(private readonly completions: CompletionsService) {}

  @Route(routes.completions.create)
  async complete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const caller = callerOf(request);
    const body = request.body ?? {};
    const key = readIdempotencyKey(request);
    if (isTurn(body)) {
      void reply.send(await this.completions.accept(caller, parse(TurnBodySchema, body, 'body'), key));
      return;
    }
    const completion = badRequest(() => parse(CompletionBodySchema, body, 'body'));
    if (completion.stream === true) await this.completions.stream(caller, completion, key, reply);
    else void reply.send(await this.completions.complete(caller, completion, key, reply));
  }
}

/** OpenAI answers an invalid body with 400, and its SDKs do not treat 422 the same. */
function badRequest<T>(parsed: () => T): T {
  try {
    return parsed();
  } catch (error) {
    throw error instanceof Problem ? new Problem(400, error.message, {}, error.fields).as(error.problem) : error;
  }
}
