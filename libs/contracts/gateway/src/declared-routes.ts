import type { Route } from './route';
import * as routes from './routes';

/** A declared route under its name in code, such as `files.get`. */
export interface DeclaredRoute {
  readonly name: string;
  readonly route: Route;
}

/** Every route of the contracts, once for each name. */
export function declaredRoutes(): DeclaredRoute[] {
  return Object.entries(routes).flatMap(([feature, declared]) =>
    Object.entries(declared as Readonly<Record<string, Route>>).map(([name, route]) => ({
      name: `${feature}.${name}`,
      route,
    })),
  );
}
