import type { RouteBody, routes as declared } from '@perennial/contracts-gateway';
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

/** A change, after which the lists are read again; also after an error, when it is not known what was done. */
function useUserMutation<V, R>(change: (value: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: KEY }) });
}
