import type { UserRow } from '@perennial/contracts-wire';

/** What the list shows: all of it is in the page's address, so that it can be sent, and Back goes back. */
export interface UserList {
  query: string;
  /** Undefined: everybody. */
  role: UserRow['role'] | undefined;
  order_by: Order;
  direction: 'asc' | 'desc';
  /** From 1. */
  page: number;
}

export type Order = 'name' | 'email' | 'role' | 'created_at' | 'last_active_at';

const ORDERS: readonly Order[] = ['name', 'email', 'role', 'created_at', 'last_active_at'];
const ROLES: readonly UserList['role'][] = ['pending', 'user', 'admin'];

/** Rows of a page, as the server has them. */
export const ROWS = 30;

/** Reads an address, also one that somebody made up. */
export function readList(address: URLSearchParams): UserList {
  const page = Number(address.get('page'));
  return {
    query: (address.get('q') ?? '').slice(0, 200),
    role: ROLES.find((role) => role === address.get('role')),
    order_by: ORDERS.find((order) => order === address.get('order')) ?? 'created_at',
    direction: address.get('direction') === 'asc' ? 'asc' : 'desc',
    page: Number.isSafeInteger(page) && page > 1 ? Math.min(page, 1_000_000) : 1,
  };
}

/** The address of a list, without what is usual. */
export function writeList({ query, role, order_by: order, direction, page }: UserList): URLSearchParams {
  const address = new URLSearchParams();
  if (query) address.set('q', query);
  if (role) address.set('role', role);
  if (order !== 'created_at') address.set('order', order);
  if (direction !== 'desc') address.set('direction', direction);
  if (page > 1) address.set('page', String(page));
  return address;
}

/** The list in another order; the same column again turns it round. Names begin with A, times with the latest. */
export function reorder(list: UserList, order: Order): UserList {
  const first = order === 'created_at' || order === 'last_active_at' ? 'desc' : 'asc';
  const turned = list.direction === 'asc' ? 'desc' : 'asc';
  return { ...list, order_by: order, direction: list.order_by === order ? turned : first, page: 1 };
}
