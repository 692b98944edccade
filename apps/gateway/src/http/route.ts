import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
} from '@nestjs/common';
import type { Route as RouteContract, RouteInput } from '@perennial/contracts-gateway';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Problem } from '../problem';
import { callerOf } from './request';

const ROUTE = Symbol('route');

/** Mounts a handler at a declared route; the guard reads who may call it from the same declaration. */
export function Route(route: RouteContract): MethodDecorator {
  return applyDecorators(
    RequestMapping({ path: [route.path, ...(route.aliases ?? [])], method: RequestMethod[route.method] }),
    HttpCode(200),
    SetMetadata(ROUTE, route),
  );
}

/** The declaration that a handler is mounted at; undefined for a handler without `@Route`. */
export function routeOf(handler: object): RouteContract | undefined {
  return Reflect.getMetadata(ROUTE, handler) as RouteContract | undefined;
}

/** The input of the request, parsed by the route's schemas: a `RouteInput`. A mismatch is 422. */
export const ValidatedInput = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const route = routeOf(context.getHandler());
  if (route === undefined) throw new Error('@ValidatedInput() on a handler without @Route()');
  return parseInput(route, context.switchToHttp().getRequest<FastifyRequest>());
});

/** The caller; only on routes that are not public. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function parseInput<R extends RouteContract>(
  route: R,
  request: { params: unknown; query: unknown; body: unknown },
): RouteInput<R> {
  return {
    params: route.params && parse(route.params, request.params, ''),
    query: route.query && parse(route.query, request.query, ''),
    body: route.body && parse(route.body, request.body, 'body'),
  } as RouteInput<R>;
}

/** Most validation errors in one reply. */
const MAX_FAULTS = 20;
/** Most of them in the message. */
const MAX_TOLD = 5;
/** Most characters of a field name and a message, in UTF-16 units: both may contain the caller's input. */
const MAX_FAULT_CHARS = 300;
/** In a larger value only the first error is searched: finding all costs a multiple of the input. */
const SMALL_VALUES = 1_000;

/** zod's internal way to stop at the first error; `refusals.spec.ts` fails when it is gone. */
const FIRST_FAULT: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true };

/**
 * Parses a part of a request. A refusal costs no more than one pass over the value.
 *
 * @param whole name of the part when it is invalid as a whole
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, whole: string): z.output<S> {
  const given = value ?? (whole === 'body' ? undefined : {});
  const first = schema.safeParse(given, FIRST_FAULT);
  if (first.success) return first.data;
  const all = isSmall(given) ? schema.safeParse(given) : first;
  throw refusal(all.error ?? first.error, given, whole);
}

function refusal({ issues }: z.core.$ZodError, value: unknown, whole: string): Problem {
  const messages = new Map<string, string>();
  for (const issue of issues) {
    const field = cut(issue.path.map(String).join('.'));
    // Only the first error of each field.
    if (!messages.has(field)) messages.set(field, cut(messageOf(issue, value)));
    if (messages.size === MAX_FAULTS) break;
  }
  const fields = [...messages].map(([field, message]) => ({ field, message }));
  const told = fields
    .slice(0, MAX_TOLD)
    .map(({ field, message }) => `${field === '' ? whole || 'request' : field}: ${message}`);
  return new Problem(422, [...told, ...(fields.length > MAX_TOLD ? ['and more'] : [])].join('; '), {}, fields);
}

function cut(text: string): string {
  return text.length <= MAX_FAULT_CHARS ? text : `${text.slice(0, MAX_FAULT_CHARS)}…`;
}

function isSmall(value: unknown): boolean {
  const pending: unknown[] = [value];
  for (let seen = 0; pending.length > 0; seen += 1) {
    if (seen + pending.length > SMALL_VALUES) return false;
    const next = pending.pop();
    if (typeof next === 'object' && next !== null) pending.push(...Object.values(next).slice(0, SMALL_VALUES));
  }
  return true;
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== 'invalid_type') return lowerFirst(issue.message);
  const found = issue.path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
  return found === undefined ? 'is required' : `must be ${article(issue.expected)}`;
}

function article(type: string): string {
  const name = type === 'record' ? 'object' : type === 'int' ? 'whole number' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
