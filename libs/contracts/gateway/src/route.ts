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
 * One HTTP route. The gateway mounts, guards and validates it from this, the web client gets its types, and the tests list who may not call
 * it. `path` uses `:name` for parameters. The handler reads nothing where a schema is missing.
 */
export interface Route {
  readonly method: RouteMethod;
  readonly path: string;
  /** Other paths of the same route. */
  readonly aliases?: readonly string[];
  readonly access: Access;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Alternative bodies; the handler chooses by the request. */
  readonly bodies?: readonly z.ZodType[];
  /** The body is a form with a file in the part `file`, which the handler streams. */
  readonly form?: true;
  readonly reply: z.ZodType;
  /** Other replies, by the query's `view`. */
  readonly views?: Readonly<Record<string, z.ZodType>>;
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

/** A route as it answers one `view`. */
export type RouteView<R extends Route, V extends keyof NonNullable<R['views']>> = Omit<R, 'reply'> & {
  readonly reply: NonNullable<R['views']>[V];
};

/** What a client gets with a 2xx status. */
export type RouteReply<R extends Route> = z.output<R['reply']>;
