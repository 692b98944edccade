import type { UserRow } from '@perennial/contracts-wire';
import { dateWords, sinceWords } from '../words';
import type { Order, UserList } from './list-address';
import { ROLE_WORDS } from './role-field';

const COLUMNS: readonly { order: Order; name: string }[] = [
  { order: 'name', name: 'Name' },
  { order: 'email', name: 'E-mail' },
  { order: 'role', name: 'Role' },
  { order: 'last_active_at', name: 'Last active' },
  { order: 'created_at', name: 'Joined' },
];

interface UserTableProps {
  rows: readonly UserRow[];
  list: UserList;
  /** The id of the reader's own account. */
  self: string;
  /** The rows of another list, while this one is loaded. */
  isOld: boolean;
  approving: string | undefined;
  onOrder: (order: Order) => void;
  onApprove: (user: UserRow) => void;
  onOpen: (user: UserRow) => void;
}

/** One page of accounts. On a phone each row keeps its name, address, role and buttons. */
export function UserTable({ rows, list, self, isOld, approving, onOrder, onApprove, onOpen }: UserTableProps) {
  return (
    <table className="admin-table" aria-busy={isOld} aria-label="Users">
      <thead>
        <tr>
          {COLUMNS.map(({ order, name }) => (
            <th key={order} scope="col" data-column={order} aria-sort={sortOf(list, order)}>
              <button type="button" onClick={() => onOrder(order)}>
                {name}
              </button>
            </th>
          ))}
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((user) => (
          <tr key={user.id}>
            <th scope="row">
              <bdi>{user.name}</bdi>
              {user.id === self && <span className="muted"> (you)</span>}
              <span className="user-address">{user.email}</span>
            </th>
            <td data-column="email">{user.email}</td>
            <td data-role={user.role}>{ROLE_WORDS[user.role]}</td>
            <td data-column="last_active_at">{sinceWords(user.last_active_at)}</td>
            <td data-column="created_at">{dateWords(user.created_at)}</td>
            <td className="admin-actions">
              {user.role === 'pending' && (
                <button
                  type="button"
                  className="button button-quiet button-small"
                  aria-label={`Let in ${user.name}`}
                  disabled={approving === user.id}
                  onClick={() => onApprove(user)}
                >
                  Let in
                </button>
              )}
              <button
                type="button"
                className="button button-quiet button-small"
                aria-label={`Edit ${user.name}`}
                onClick={() => onOpen(user)}
              >
                Edit
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sortOf({ order_by: by, direction }: UserList, order: Order): 'ascending' | 'descending' | undefined {
  if (by !== order) return undefined;
  return direction === 'asc' ? 'ascending' : 'descending';
}
