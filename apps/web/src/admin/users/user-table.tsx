import type { UserRow } from '@perennial/contracts-wire';
import { t } from '../../messages';
import { Icon } from '../../ui/icon';
import { ta } from '../messages';
import { dateWords, sinceWords } from '../words';
import type { Order, UserList } from './list-address';

const COLUMNS = ['name', 'email', 'role', 'last_active_at', 'created_at'] as const satisfies readonly Order[];

const columnWords = (): Record<(typeof COLUMNS)[number], string> => ({
  name: ta('users.name'),
  email: ta('users.email'),
  role: ta('role'),
  last_active_at: ta('users.lastActive'),
  created_at: ta('users.joined'),
});

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
  /** Ids of the chosen rows. */
  chosen: ReadonlySet<string>;
  onChoose: (ids: readonly string[], isChosen: boolean) => void;
}

/** One page of accounts. On a phone each row keeps its name, address, role and buttons. */
export function UserTable(props: UserTableProps) {
  const { rows, list, self, isOld, approving, onOrder, onApprove, onOpen, chosen, onChoose } = props;
  const columns = columnWords();
  return (
    <table className="admin-table" aria-busy={isOld} aria-label={ta('page.users')}>
      <thead>
        <tr>
          <td className="admin-choose">
            <input
              type="checkbox"
              aria-label={ta('many.all')}
              checked={rows.every(({ id }) => chosen.has(id))}
              onChange={({ target }) =>
                onChoose(
                  rows.map(({ id }) => id),
                  target.checked,
                )
              }
            />
          </td>
          {COLUMNS.map((order) => (
            <th key={order} scope="col" data-column={order} aria-sort={sortOf(list, order)}>
              <button type="button" onClick={() => onOrder(order)}>
                {columns[order]}
              </button>
            </th>
          ))}
          <th scope="col">
            <span className="visually-hidden">{ta('users.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((user) => (
          <tr key={user.id}>
            <td className="admin-choose">
              <input
                type="checkbox"
                aria-label={ta('many.choose', { name: user.name })}
                checked={chosen.has(user.id)}
                onChange={({ target }) => onChoose([user.id], target.checked)}
              />
            </td>
            <th scope="row">
              <bdi>{user.name}</bdi>
              {user.id === self && <span className="muted"> {ta('users.you')}</span>}
              <span className="user-address">
                <EmailText of={user.email} />
              </span>
            </th>
            <td data-column="email">
              <EmailText of={user.email} />
            </td>
            <td data-role={user.role}>{ta(`role.${user.role}`)}</td>
            <td data-column="last_active_at">{sinceWords(user.last_active_at)}</td>
            <td data-column="created_at">{dateWords(user.created_at)}</td>
            <td className="admin-actions">
              {user.role === 'pending' && (
                <button
                  type="button"
                  className="button button-quiet button-small"
                  aria-label={ta('users.letInNamed', { name: user.name })}
                  disabled={approving === user.id}
                  onClick={() => onApprove(user)}
                >
                  {ta('users.letIn')}
                </button>
              )}
              <button
                type="button"
                className="button button-quiet button-small admin-edit"
                aria-label={ta('edit', { name: user.name })}
                onClick={() => onOpen(user)}
              >
                <Icon name="edit" />
                <span>{t('action.edit')}</span>
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** An address, which breaks after its @ first where a line has no room for it. */
function EmailText({ of: email }: { of: string }) {
  const at = email.lastIndexOf('@') + 1;
  return (
    <bdi>
      {email.slice(0, at)}
      <wbr />
      {email.slice(at)}
    </bdi>
  );
}

function sortOf({ order_by: by, direction }: UserList, order: Order): 'ascending' | 'descending' | undefined {
  if (by !== order) return undefined;
  return direction === 'asc' ? 'ascending' : 'descending';
}
