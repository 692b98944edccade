import type { z } from 'zod';

/**
 * Who may call a route.
 * - `public`: anyone.
 * - `signed-in`: any valid session, also an account that still awaits activation (role `pending`).
 * - `user`: an activated account (`user` or `admin`).
 * - `admin`: an administrator.
 */
export type Access = 'public' | 'signed-in' | 'user' | 'admin';

export type RouteMethod = 'GET' | 'POST' | 'DELETE';

/**
 * One HTTP route: the single truth from which the gateway mounts, guards and validates it, the web client is typed, and the tests
 * enumerate who may not call it. `path` uses `:name` for parameters. Missing schemas mean "nothing is read there".
 */
export interface Route {
  readonly method: RouteMethod;
  readonly path: string;
  /** Further paths of the same. */
  readonly aliases?: readonly string[];
  readonly access: Access;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Bodies of which the handler takes the one that the request has. */
  readonly bodies?: readonly z.ZodType[];
  /** The body is a form with a file in the part `file`, which the handler reads from the connection. */
  readonly form?: true;
  readonly reply: z.ZodType;
  /** Media type of the reply; JSON without it. */
  readonly replyType?: string;
}

/** Declares a route, keeping the exact types of its schemas. */
export function route<const R extends Route>(definition: R): R {
  return definition;
}

type Output<R, K extends string> = R extends { readonly [key in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;
type Input<R, K extends string> = R extends { readonly [key in K]: infer S extends z.ZodType } ? z.input<S> : undefined;

/** What the gateway's handler receives: parsed and defaulted. */
export interface RouteInput<R extends Route> {
  params: Output<R, 'params'>;
  query: Output<R, 'query'>;
  body: Output<R, 'body'>;
}

/** What a client sends, before defaults. */
export type RouteParams<R extends Route> = Input<R, 'params'>;
export type RouteQuery<R extends Route> = Input<R, 'query'>;
export type RouteBody<R extends Route> = Input<R, 'body'>;

/** What a client gets with a 2xx status. */
export type RouteReply<R extends Route> = z.output<R['reply']>;
