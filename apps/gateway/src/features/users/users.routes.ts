import { accountLists, users } from '@perennial/contracts-auth';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';
import { toUserRow } from '../auths/session-user';

export const UsersRoutes = forwards(
  forward(routes.users.list, users.list, {
    to: ({ query: { query, role, order_by: orderBy, direction, page } }) => ({ query, role, orderBy, direction, page }),
    from: ({ users: found, total }) => ({ users: found.map(toUserRow), total }),
  }),
  forward(routes.users.checkImport, accountLists.check, { to: ({ body }) => ({ accounts: body.users }) }),
  forward(routes.users.importUsers, accountLists.add, { to: ({ body }) => ({ accounts: body.users }) }),
  forward(routes.users.settings, users.getSettings, { from: ({ settings }) => settings }),
  forward(routes.users.updateSettings, users.updateSettings, {
    to: ({ body }) => ({ settings: body }),
    from: ({ settings }) => settings,
  }),
);
