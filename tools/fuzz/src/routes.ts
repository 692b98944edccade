import { declaredRoutes, type Route, type RouteMethod } from '@perennial/contracts-gateway';
import { z } from 'zod';

/** JSON Schema of a part of a request. */
export type Shape = z.core.JSONSchema.BaseSchema;

/** One address of a declared route, or an unknown one. */
export interface FuzzedRoute {
  name: string;
  method: RouteMethod | 'PUT';
  path: string;
  params?: Shape;
  query?: Shape;
  body?: Shape;
  /** Takes a form with a file instead of JSON. */
  upload: boolean;
}

/** Routes of the gateway outside of the contracts, and unknown ones. */
const BESIDE: readonly (readonly [FuzzedRoute['method'], string])[] = [
  ['GET', '/'],
  ['GET', '/assets/..%2f..%2f..%2fetc%2fpasswd'],
  ['GET', '/api/v1/nothing'],
  ['POST', '/api/v1/nothing/here'],
  ['PUT', '/api/v1/chats/new'],
  ['GET', '/v1/models'],
  ['POST', '/openai/embeddings'],
  ['GET', '/ws/socket.io/?EIO=4&transport=polling'],
  ['POST', '/ws/socket.io/?EIO=4&transport=polling&sid=x'],
];

/** Every route of the contracts, each of its paths on its own. */
export function fuzzedRoutes(): FuzzedRoute[] {
  const declared = declaredRoutes().flatMap(({ name, route }) =>
    [route.path, ...(route.aliases ?? [])].map((path) => fuzzed(name, path, route)),
  );
  return [
    ...declared,
    ...BESIDE.map(([method, path]) => ({ name: 'beside the contracts', method, path, upload: false })),
  ];
}

function fuzzed(name: string, path: string, route: Route): FuzzedRoute {
  const body = route.bodies === undefined ? route.body : z.union(route.bodies);
  return {
    name,
    method: route.method,
    path,
    ...(route.params && { params: shapeOf(route.params) }),
    ...(route.query && { query: shapeOf(route.query) }),
    ...(body && { body: shapeOf(body) }),
    upload: route.form === true,
  };
}

function shapeOf(schema: z.ZodType): Shape {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
}
