import { type Route, routes } from '@perennial/contracts-gateway';
import { forwards } from '../../http/forward';

/** Features that we do not have yet: answered without a call. */
export const EmptyListsRoutes = forwards(
  ...Object.values<Route>(routes.emptyLists).map((route) => {
    const answer = route.reply.safeParse([]).success ? [] : { items: [], total: 0 };
    return { route, answer: () => answer };
  }),
);
