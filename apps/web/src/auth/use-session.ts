import type { SessionProfile } from '@perennial/contracts-wire';
import { ApiError, call, routes } from '@perennial/web-client';
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { keepSignedIn } from '../boot/signed-in';
import { endAccount } from '../state/account-end';

export const SESSION_KEY = ['session'];

/** What is known of the session. `over`: it has ended by itself, and what is on the page can be gone on with. Null: nobody is signed in. */
type Known = SessionProfile | { over: SessionProfile } | null;

export type Session =
  | { status: 'loading' }
  | { status: 'unreachable'; message: string; retry: () => void }
  | { status: 'visitor' }
  | { status: 'over'; user: SessionProfile }
  | { status: 'present'; user: SessionProfile; retry: () => void };

/** The present session. An unavailable server is not a sign-out: the user stays signed in. */
export function useSession(): Session {
  const client = useQueryClient();
  const query = useQuery({ queryKey: SESSION_KEY, queryFn: () => readSession(client), staleTime: Infinity });
  const retry = () => void query.refetch();
  if (query.data && 'over' in query.data) return { status: 'over', user: query.data.over };
  if (query.data) return { status: 'present', user: query.data, retry };
  if (query.data === null) return { status: 'visitor' };
  if (query.error) return { status: 'unreachable', message: query.error.message, retry };
  return { status: 'loading' };
}

/** Who is signed in now; undefined while nobody is. */
export function presentUser(client: QueryClient): SessionProfile | undefined {
  const known = client.getQueryData<Known>(SESSION_KEY);
  return known && !('over' in known) ? known : undefined;
}

/** Nobody is signed in any more, by a person's own wish: nothing of the account stays on the page. */
export async function leaveSession(client: QueryClient): Promise<void> {
  // A look that is under way may find that the session has ended, as if by itself.
  await client.cancelQueries({ queryKey: SESSION_KEY });
  client.setQueryData<Known>(SESSION_KEY, null);
  keepSignedIn(false);
  forgetAccount(client);
}

async function readSession(client: QueryClient): Promise<Known> {
  const before = client.getQueryData<Known>(SESSION_KEY);
  const known = before && 'over' in before ? before.over : before;
  let user: SessionProfile;
  try {
    user = await call(routes.auths.session, {});
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    if (known) return { over: known };
    keepSignedIn(false);
    return null;
  }
  keepSignedIn(true);
  // Somebody else has signed in, perhaps in another tab.
  if (known && known.id !== user.id) forgetAccount(client);
  return user;
}

function forgetAccount(client: QueryClient): void {
  endAccount();
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
}
