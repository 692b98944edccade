import { Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { Call, CallParsedRequest } from '@perennial/contracts-kernel';
import { type Observable, throwError } from 'rxjs';
import type { z } from 'zod';
import type { CallContext } from './call-context';

/** A method that answers a call. */
export type CallHandler<C extends Call> = (
  request: CallParsedRequest<C>,
  context: CallContext,
) => Promise<z.input<C['reply']>> | z.input<C['reply']>;

/**
 * Nest's own filter replaces unknown errors by "Internal server error"; here the transport decides, with an error id.
 */
@Catch()
class PassErrorsOn implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks the controller method that handles a call: `@Handles(sessions.signIn) signIn(request, context) {…}`. The transport parses the request
 * before and the reply after it; a method with other types does not compile.
 */
export function Handles<C extends Call>(call: C) {
  return <Method extends CallHandler<C>>(
    target: object,
    name: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    MessagePattern(call.pattern, { call })(target, name, descriptor);
    UseFilters(PassErrorsOn)(target, name, descriptor);
    Payload()(target, name, 0);
    Ctx()(target, name, 1);
  };
}
