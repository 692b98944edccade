import { setImmediate as others } from 'node:timers/promises';
import {
  API_PATHS,
  type DeclaredRoute,
  declaredRoutes,
  ErrorReplySchema,
  MIN_SETTINGS_VERSION,
  type Route,
  SETTINGS_VERSION,
  SETTINGS_VERSION_HEADER,
} from '@perennial/contracts-gateway';
import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** An operation of OpenAPI 3.1, as far as it is written here. */
export interface Operation {
  operationId: string;
  tags: string[];
  security: Record<string, never[]>[];
  parameters?: { name: string; in: 'path' | 'query'; required: boolean; schema: unknown }[];
  requestBody?: { required: boolean; content: Record<string, { schema: unknown }> };
  responses: Record<string, unknown>;
}

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  components: Record<string, Record<string, unknown>>;
  paths: Record<string, Record<string, Operation>>;
}

/** On every reply, and on every request, as `answerWithSettingsVersion` does it. */
const versionSchema = { type: 'string', pattern: SETTINGS_VERSION.source };
const APPLIED_VERSION = {
  description: 'The version of settings and permissions that the replica has applied. Streams have none.',
  schema: versionSchema,
};
const LEAST_VERSION = { name: MIN_SETTINGS_VERSION, in: 'query', required: false, schema: versionSchema } as const;

/** The meaning of each error status; the body is always `ErrorReply`. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is valid but cannot be fulfilled.',
  401: 'There is no session, or it is over (then with `WWW-Authenticate`); for chats: no such chat, or not yours.',
  403: 'The account may not do this.',
  404: 'It does not exist, or it belongs to another user.',
  409: 'It conflicts with the present state.',
  413: 'The body is too large.',
  415: 'The media type of the body is not supported.',
  422: 'Fields are invalid; `errors` names each.',
  429: 'Too many requests of the caller; `Retry-After` says when to retry.',
  500: 'Unexpected error; `error_id` is in the log.',
  503: 'The server is busy or a service is unavailable; `Retry-After` says when to retry.',
  504: 'A service did not answer in time.',
};

/**
 * The OpenAPI document of every declared route, under each of its paths. It takes 0.15 s of CPU, so it yields to the event loop after each
 * route.
 */
export async function openApiDocument(version: string): Promise<OpenApiDocument> {
  const paths: OpenApiDocument['paths'] = {};
  for (const declared of declaredRoutes()) {
    await others();
    const { path, aliases = [], method } = declared.route;
    for (const [index, each] of [path, ...aliases].entries()) {
      const operations = (paths[each.replace(/:(\w+)/g, '{$1}')] ??= {});
      // Another name of the same operation, such as the typed form of one with several bodies.
      operations[method.toLowerCase()] ??= operationOf(declared, each, index);
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Perennial', version, description: 'Every route of this server, made from its contracts.' },
    servers: [{ url: '/' }],
    components: {
      schemas: { ErrorReply: toJson(ErrorReplySchema, 'output') },
      headers: { SettingsVersion: APPLIED_VERSION },
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [
          `Refused${status}`,
          { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorReply' } } } },
        ]),
      ),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'token' },
      },
    },
    paths,
  };
}

function operationOf({ name, route }: DeclaredRoute, path: string, index: number): Operation {
  const body = bodyOf(route);
  const parameters = [
    ...parametersOf(route.params, 'path', path),
    ...parametersOf(route.query, 'query', path),
    ...(API_PATHS.test(path) ? [LEAST_VERSION] : []),
  ];
  const headers = API_PATHS.test(path)
    ? { [SETTINGS_VERSION_HEADER]: { $ref: '#/components/headers/SettingsVersion' } }
    : {};
  return {
    operationId: index === 0 ? name : `${name}.${index + 1}`,
    tags: [name.slice(0, name.indexOf('.'))],
    security: route.access === 'public' ? [] : [{ bearer: [] }, { cookie: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined
      ? {}
      : { requestBody: { required: !route.body?.safeParse(undefined).success, content: body } }),
    responses: {
      200: { description: `Access: ${route.access}.`, headers, content: replyOf(route) },
      ...Object.fromEntries(
        refusalsOf(route, path).map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]),
      ),
    },
  };
}

function refusalsOf(route: Route, path: string): number[] {
  const takesBody = route.method === 'POST';
  const takes = route.params ?? route.query ?? route.body ?? route.bodies ?? route.form;
  return Object.keys(REFUSALS)
    .map(Number)
    .filter((status) => {
      if (status === 401) return route.access !== 'public';
      if (status === 403) return route.access === 'user' || route.access === 'admin';
      if (status === 413 || status === 415) return takesBody;
      return status !== 422 || takes !== undefined || API_PATHS.test(path);
    });
}

/** Every parameter of the path, even if the schema does not read it. */
function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query', path: string) {
  const { properties = {}, required = [] } = schema === undefined ? {} : toJson(schema, 'input');
  const read = Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: each as unknown,
  }));
  if (place === 'query') return read;
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return named.map(
    (name) =>
      read.find((each) => each.name === name) ?? { name, in: place, required: true, schema: { type: 'string' } },
  );
}

function bodyOf({ body, bodies, form }: Route): Record<string, { schema: unknown }> | undefined {
  if (form) {
    const properties = { file: { type: 'string', format: 'binary' }, metadata: { type: 'string' } };
    return { 'multipart/form-data': { schema: { type: 'object', required: ['file'], properties } } };
  }
  if (bodies) return { 'application/json': { schema: { anyOf: bodies.map((each) => toJson(each, 'input')) } } };
  return body && { 'application/json': { schema: toJson(body, 'input') } };
}

function replyOf({ reply, views, replyType }: Route): Record<string, { schema: unknown }> {
  if (replyType !== undefined) return { [replyType]: { schema: {} } };
  const all = [reply, ...Object.values(views ?? {})].map((each) => toJson(each, 'output'));
  return { 'application/json': { schema: all.length === 1 ? all[0] : { anyOf: all } } };
}

function toJson(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, reused: 'inline', unrepresentable: 'any' });
  return json;
}
