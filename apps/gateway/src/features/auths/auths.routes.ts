import { users } from '@perennial/contracts-auth';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';
import { sessionUserOf } from './session-user';

export const AuthsRoutes = forwards(
  forward(routes.auths.addUser, users.add, {
    to: ({ body }) => body,
    // An admin does not get a session of the new account, so the token is empty.
    from: ({ user }) => {
      const { expires_at: _, permissions: __, ...row } = sessionUserOf(user, '', null);
      return row;
    },
    statuses: { ALREADY_EXISTS: 400 },
  }),
  forward(routes.auths.updateTimezone, users.updateTimezone, {
    to: ({ body }) => body,
    from: () => ({ status: true as const }),
  }),
);
