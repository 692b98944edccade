import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { Route, RouteInput } from '@perennial/contracts-gateway';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { callerOf } from './caller';
import { Problem } from './problem';

const ROUTE = Symbol('route');

/** Mounts a handler at a declared route; the guard reads who may call it from the same declaration. */
export function Endpoint(route: Route): MethodDecorator {
  return applyDecorators(
    RequestMapping({ path: [route.path, ...(route.aliases ?? [])], method: RequestMethod[route.method] }),
    HttpCode(200),
    SetMetadata(ROUTE, route),
  );
}

/** The declaration that a handler is mounted at; undefined for a handler without `@Endpoint`. */
export function routeOf(handler: object): Route | undefined {
  return Reflect.getMetadata(ROUTE, handler) as Route | undefined;
}

/** What came with the request, parsed by the route's schemas: a `RouteInput`. A mismatch is 422. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const route = routeOf(context.getHandler());
  if (route === undefined) throw new Error('@Input() on a handler without @Endpoint()');
  return parseInput(route, context.switchToHttp().getRequest<FastifyRequest>());
});

/** The caller; only on routes that are not public. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function parseInput<R extends Route>(
  route: R,
  request: { params: unknown; query: unknown; body: unknown },
): RouteInput<R> {
  return {
    params: route.params && parse(route.params, request.params, ''),
    query: route.query && parse(route.query, request.query, ''),
    body: route.body && parse(route.body, request.body, 'body'),
  } as RouteInput<R>;
}

/**
 * Parses a part of a request.
 * @param whole how the part itself is called when it is wrong as a whole
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, whole: string): z.output<S> {
  const result = schema.safeParse(value ?? (whole === 'body' ? undefined : {}));
  if (result.success) return result.data;
  const messages = new Map<string, string>();
  for (const issue of result.error.issues) {
    const field = issue.path.map(String).join('.');
    // The first thing that is wrong with a field is what to mend.
    if (!messages.has(field)) messages.set(field, messageOf(issue, value));
  }
  const fields = [...messages].map(([field, message]) => ({ field, message }));
  const sentence = fields
    .map(({ field, message }) => `${field === '' ? whole || 'request' : field}: ${message}`)
    .join('; ');
  throw new Problem(422, sentence, {}, fields);
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
