import { declaredRoutes } from '@perennial/contracts-gateway';
import { describe, expect, it } from 'vitest';
import { Plan, ROLES } from './plan';
import { fuzzedRoutes } from './routes';

const IDS = { known: ['7e46a2ed-1dc3-4221-a341-a370ad0fe576'], urls: ['http://127.0.0.1:9'], models: ['m'] };

describe('the plan', () => {
  const routes = fuzzedRoutes();
  const requests = (seed: number, count: number) => {
    const plan = new Plan(seed, routes, IDS);
    return Array.from({ length: count }, (_, index) => plan.request(index));
  };

  it('calls every route of the contracts with every role', () => {
    const asked = new Set(requests(1, routes.length * ROLES.length).map(({ name }) => name.split(') ')[0]));
    expect(asked.size).toBeGreaterThan(250);
    expect(declaredRoutes().length).toBeGreaterThan(70);
    for (const { route } of declaredRoutes()) {
      const { method, path } = route;
      for (const role of ROLES)
        expect([...asked].some((name) => name?.startsWith(`${method} ${path} (${role}`))).toBe(true);
    }
  });

  it('is the same for the same seed', () => {
    expect(requests(7, 150)).toEqual(requests(7, 150));
    expect(requests(7, 150)).not.toEqual(requests(8, 150));
  });

  it('has valid requests for every route with a body, so that code behind the schemas is reached too', () => {
    const good = new Set<string>();
    const schemas = declaredRoutes().flatMap(({ route }) =>
      route.body === undefined ? [] : [{ ...route, body: route.body }],
    );
    for (const { path, body, method } of requests(3, routes.length * 16)) {
      for (const route of schemas) {
        if (method !== route.method || path.split('?')[0] !== route.path || typeof body !== 'string') continue;
        try {
          if (route.body.safeParse(JSON.parse(body)).success) good.add(route.path);
        } catch {
          // A raw body.
        }
      }
    }
    const wanted = schemas.map(({ path }) => path).filter((path) => !path.includes(':'));
    expect(wanted.filter((path) => !good.has(path))).toEqual([]);
  });
});
