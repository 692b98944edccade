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

/** What came with the request, parsed by the route's schemas: a `RouteInput`. A mismatch is 422. */
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

/** Faults that one refusal names; what is mended first is among them. */
const MAX_FAULTS = 20;
/** Of those, how many the sentence repeats. */
const MAX_TOLD = 5;
/** The field and the message of one fault are cut at this length, in UTF-16 units: both can hold what the caller sent. */
const MAX_FAULT_CHARS = 300;
/** In a larger value only the first fault is looked for: to find all costs a multiple of what was sent. */
const SMALL_VALUES = 1_000;

/** zod's own way to stop at the first fault, which its public API offers without saying which; `refusals.spec.ts` fails when it is gone. */
const FIRST_FAULT: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true };

/**
 * Parses a part of a request. A refusal costs no more than looking at the value once.
 * @param whole how the part itself is called when it is wrong as a whole
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
    // The first thing that is wrong with a field is what to mend.
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
