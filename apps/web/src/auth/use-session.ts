import type { SessionProfile } from '@perennial/contracts-wire';
import { ApiError, call, routes } from '@perennial/web-client';
import { useQuery } from '@tanstack/react-query';

export const SESSION_KEY = ['session'];

export type Session =
  | { status: 'loading' }
  | { status: 'unreachable'; message: string; retry: () => void }
  | { status: 'visitor' }
  | { status: 'present'; user: SessionProfile; retry: () => void };

/** The present session. An unavailable server is not a sign-out: the user stays signed in. */
export function useSession(): Session {
  const query = useQuery({
    queryKey: SESSION_KEY,
    queryFn: async () => {
      try {
        return await call(routes.auths.session, {});
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
  const retry = () => void query.refetch();
  if (query.data) return { status: 'present', user: query.data, retry };
  if (query.data === null) return { status: 'visitor' };
  if (query.error) return { status: 'unreachable', message: query.error.message, retry };
  return { status: 'loading' };
}
