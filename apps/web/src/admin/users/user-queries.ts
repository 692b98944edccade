import type { RouteBody, routes as declared } from '@perennial/contracts-gateway';
import type { UserRow } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { UserList } from './list-address';

const KEY = ['admin', 'users'];

export type UserChange = RouteBody<typeof declared.users.update>;

export function useUsers(list: UserList) {
  return useQuery({
    queryKey: [...KEY, list],
    queryFn: () => call(routes.users.list, { query: list }),
    placeholderData: keepPreviousData,
  });
}

export function useAddUser() {
  return useUserMutation((body: RouteBody<typeof declared.auths.addUser>) => call(routes.auths.addUser, { body }));
}

export function useUpdateUser() {
  return useUserMutation(({ id, change }: { id: string; change: UserChange }) =>
    call(routes.users.update, { params: { id }, body: change }),
  );
}

export function useDeleteUser() {
  return useUserMutation((id: string) => call(routes.users.remove, { params: { id } }));
}

/** At once, of many. */
const AT_ONCE = 4;

/** Changes several accounts, or deletes them. One that is refused does not keep the others from it. */
export function useManyUsers() {
  return useUserMutation(async ({ users, change }: { users: readonly UserRow[]; change: UserChange | 'delete' }) => {
    const waiting = [...users];
    const problems: string[] = [];
    const work = async () => {
      for (let user = waiting.shift(); user; user = waiting.shift()) {
        const params = { id: user.id };
        try {
          if (change === 'delete') await call(routes.users.remove, { params });
          else await call(routes.users.update, { params, body: change });
        } catch (error) {
          problems.push(`${user.name}: ${(error as Error).message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { done: users.length - problems.length, problems };
  });
}

/** Lists are read again. */
export function useListsAgain(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: KEY });
}

/** A change, after which the lists are read again; also after an error, when it is not known what was done. */
function useUserMutation<V, R>(change: (value: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: KEY }) });
}
