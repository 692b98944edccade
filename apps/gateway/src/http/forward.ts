import { Controller, Inject, type Type } from '@nestjs/common';
import type { Route as RouteContract, RouteInput, RouteReply } from '@perennial/contracts-gateway';
import type { Call, CallReply, CallRequest, ErrorCode } from '@perennial/contracts-kernel';
import { Rpc } from '@perennial/transport';
import { withStatuses } from '../problem';
import type { Caller } from '../sessions/caller';
import { AppliedVersions } from '../versions/applied-versions';
import { hideForbidden, idOf, type Owned } from './hidden';
import { CurrentUser, Route, ValidatedInput } from './route';

interface Options<R extends RouteContract, C extends Call> {
  /** The call's request; `{}` without it. */
  to?: (input: RouteInput<R>, caller: Caller) => CallRequest<C>;
  /** The route's reply; the call's own without it. */
  from?: (reply: CallReply<C>) => RouteReply<R>;
  /** What the route's `:id` names: a missing one and another user's get the same reply. */
  hide?: Owned;
  /** Statuses that differ from the code's own. */
  statuses?: Partial<Record<ErrorCode, number>>;
}

/** A route that one function answers. */
export interface Forward {
  readonly route: RouteContract;
  readonly answer: (
    this: { readonly rpc: Rpc; readonly versions: AppliedVersions },
    caller: Caller,
    input: RouteInput<RouteContract>,
  ) => unknown;
}

/**
 * A route that is one call. `to` may be missing if the call reads nothing, `from` if its reply is the route's reply. A change of settings is
 * answered when this process has applied it.
 */
export function forward<R extends RouteContract, C extends Call>(
  route: R,
  call: C,
  options: Options<R, C> &
    (Record<never, never> extends CallRequest<C> ? unknown : { to: unknown }) &
    (CallReply<C> extends RouteReply<R> ? unknown : { from: unknown }),
): Forward {
  const { to, from, hide, statuses }: Options<R, C> = options;
  const answer: Forward['answer'] = async function (caller, input) {
    if (hide !== undefined) idOf(hide, (input.params as unknown as { id: string }).id);
    let work = this.rpc.call(call, to?.(input as RouteInput<R>, caller) ?? ({} as CallRequest<C>), caller);
    if (hide !== undefined) work = hideForbidden(hide, work);
    if (statuses !== undefined) work = withStatuses(statuses, work);
    const reply = await work;
    if (call.service === 'config' && call.effect !== 'read') await this.versions.catchUp('c');
    return from === undefined ? reply : from(reply);
  };
  return { route, answer };
}

/** A controller with a method for each forward, with the metadata of a written method. */
export function forwards(...all: readonly Forward[]): Type<unknown> {
  class Forwards {
    constructor(
      @Inject(Rpc) readonly rpc: Rpc,
      @Inject(AppliedVersions) readonly versions: AppliedVersions,
    ) {}
  }
  all.forEach(({ route, answer: value }, index) => {
    const name = `forward${index}`;
    Object.defineProperty(Forwards.prototype, name, { value });
    CurrentUser()(Forwards.prototype, name, 0);
    ValidatedInput()(Forwards.prototype, name, 1);
    Route(route)(Forwards.prototype, name, { value });
  });
  Controller()(Forwards);
  return Forwards;
}
