import { type Route, routes } from '@perennial/contracts-gateway';
import { forwards } from '../../http/forward';

/** Features that are not offered yet: nobody is asked. */
export const EmptyListsRoutes = forwards(
  ...Object.values<Route>(routes.emptyLists).map((route) => {
    const answer = route.reply.safeParse([]).success ? [] : { items: [], total: 0 };
    return { route, answer: () => answer };
  }),
);
