import { declaredRoutes, routes } from '@perennial/contracts-gateway';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../test/edge';
import type { OpenApiDocument } from './openapi-document';

describe('the OpenAPI document', () => {
  let edge: Edge;
  let document: OpenApiDocument;
  beforeAll(async () => {
    edge = await startEdge();
    const { headers } = edge.account('user');
    document = (await edge.app.inject({ url: routes.openapi.document.path, headers })).json();
  });
  afterAll(() => edge.close());

  const operationOf = (path: string, method: string) =>
    document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];

  it('is valid', async () => {
    expect(await new Validator().validate(structuredClone(document) as never)).toEqual({ valid: true });
  });

  it('has every mounted route with its refusals, and says which need a session', () => {
    const mounted = edge.routes();
    expect(mounted.length).toBeGreaterThan(90);
    for (const { path, method, route } of mounted) {
      const { security, responses } = operationOf(path, method) ?? {};
      expect(security, `${method} ${path}`).toHaveLength(route?.access === 'public' ? 0 : 2);
      const refusals = ['500', '503', ...(route?.access === 'public' ? [] : ['401'])];
      expect(Object.keys(responses ?? {}), `${method} ${path}`).toEqual(expect.arrayContaining(['200', ...refusals]));
    }
  });

  it('has what each route reads', () => {
    for (const { name, route } of declaredRoutes()) {
      const operation = operationOf(route.path, route.method);
      const sent = route.body ?? route.bodies ?? route.form;
      if (sent !== undefined) expect(operation?.requestBody, name).toBeDefined();
      const named = [...route.path.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter);
      const inPath = operation?.parameters?.filter((each) => each.in === 'path').map((each) => each.name) ?? [];
      expect(inPath, name).toEqual(named);
    }
  });

  it('names each operation once', () => {
    const ids = Object.values(document.paths).flatMap((each) =>
      Object.values(each).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(['stranger', 'pending'] as const)('is not for a %s', async (who) => {
    const headers = who === 'stranger' ? {} : edge.account(who).headers;
    const { statusCode } = await edge.app.inject({ url: '/openapi.json', headers });
    expect(statusCode).toBe(who === 'stranger' ? 401 : 403);
  });
});
