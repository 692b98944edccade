import type { SessionProfile, UserRow } from '@perennial/contracts-wire';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { t } from '../../messages';
import { PartBoundary } from '../../ui/part-boundary';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { AdminPage, focusPage } from '../page-parts';
import { Pager } from '../pager';
import { AddUser } from './add-user';
import { ChosenBar } from './chosen-bar';
import { readList, reorder, ROWS, type UserList, writeList } from './list-address';
import { UserDialog } from './user-dialog';
import { useListsAgain, useUpdateUser, useUsers } from './user-queries';
import { UserTable } from './user-table';

const ImportUsers = lazy(() => import('./import/import-users'));

/** A pause in typing after which is searched. */
const TYPED_MS = 250;
const ROLES = [
  { role: undefined, words: 'users.all' },
  { role: 'pending', words: 'users.waiting' },
  { role: 'user', words: 'users.users' },
  { role: 'admin', words: 'users.administrators' },
] as const;

/** All accounts of the installation, a page at a time; the server searches and sorts. */
export function UsersPage({ self }: { self: SessionProfile }) {
  const [address, setAddress] = useSearchParams();
  const list = readList(address);
  const users = useUsers(list);
  const approve = useUpdateUser();
  const [adding, setAdding] = useState(false);
  const [opened, setOpened] = useState<UserRow>();
  const [importing, setImporting] = useState(false);
  const [chosenIds, setChosenIds] = useState<ReadonlySet<string>>(new Set());
  const [done, setDone] = useState('');
  const listsAgain = useListsAgain();
  const show = (change: Partial<UserList>, options?: { replace: boolean }) =>
    setAddress(writeList({ ...list, page: 1, ...change }), options);
  const rows = users.data?.users ?? [];
  const total = users.data?.total ?? 0;
  // Only what is seen is chosen.
  const chosen = rows.filter(({ id }) => chosenIds.has(id));
  const choose = (ids: readonly string[], isChosen: boolean) => {
    const others = chosen.map(({ id }) => id).filter((id) => !ids.includes(id));
    setChosenIds(new Set(isChosen ? [...others, ...ids] : others));
  };

  const letIn = ({ id, name }: UserRow) => {
    setDone('');
    const onSuccess = () => {
      setDone(ta('users.mayUse', { name }));
      // The button goes, and where only the waiting are shown its row too.
      focusPage();
    };
    approve.mutate({ id, change: { role: 'user' } }, { onSuccess });
  };

  return (
    <AdminPage
      title={ta('page.users')}
      actions={
        <div className="row">
          <a className="button button-quiet" href="/api/v1/users/export" download="users.csv">
            {ta('users.export')}
          </a>
          <button type="button" className="button button-quiet" onClick={() => setImporting(true)}>
            {ta('users.import')}
          </button>
          <button type="button" className="button" onClick={() => setAdding(true)}>
            {ta('users.add')}
          </button>
        </div>
      }
    >
      <div className="admin-bar">
        <SearchField value={list.query} onSearch={(query) => show({ query }, { replace: true })} />
        <div className="admin-choices" role="group" aria-label={ta('users.show')}>
          {ROLES.map(({ role, words }) => (
            <button key={words} type="button" aria-pressed={list.role === role} onClick={() => show({ role })}>
              {ta(words)}
            </button>
          ))}
        </div>
      </div>
      <Problem of={approve.error ?? users.error} />
      <p className="muted" role="status">
        {[done, users.data ? ta('users.count', { count: total }) : users.isPending && t('page.loading')]
          .filter(Boolean)
          .join(' ')}
      </p>
      {chosen.length > 0 && (
        <ChosenBar
          chosen={chosen}
          onNone={() => setChosenIds(new Set())}
          onDone={(words) => {
            setDone(words);
            setChosenIds(new Set());
            focusPage();
          }}
        />
      )}
      {users.data && rows.length === 0 && <p className="empty-state">{nothing(list, total)}</p>}
      {rows.length > 0 && (
        <UserTable
          rows={rows}
          list={list}
          self={self.id}
          isOld={users.isPlaceholderData}
          approving={approve.isPending ? approve.variables?.id : undefined}
          onOrder={(order) => show(reorder(list, order))}
          onApprove={letIn}
          onOpen={setOpened}
          chosen={new Set(chosen.map(({ id }) => id))}
          onChoose={choose}
        />
      )}
      <Pager page={list.page} rows={ROWS} total={total} onPage={(page) => show({ page })} />
      {adding && (
        <AddUser
          onClose={() => setAdding(false)}
          onAdded={(name) => {
            setAdding(false);
            setDone(ta('users.added', { name }));
          }}
        />
      )}
      {importing && (
        <PartBoundary onClose={() => setImporting(false)}>
          <Suspense fallback={<span role="status">{t('page.loading')}</span>}>
            <ImportUsers onClose={() => setImporting(false)} onChanged={listsAgain} />
          </Suspense>
        </PartBoundary>
      )}
      {opened && (
        <UserDialog
          user={opened}
          isSelf={opened.id === self.id}
          onClose={() => setOpened(undefined)}
          onDone={(words, isGone) => {
            setOpened(undefined);
            setDone(words);
            // The button that had the focus went with its row.
            if (isGone) focusPage();
          }}
        />
      )}
    </AdminPage>
  );
}

/** Searches when typing pauses, and at once with Enter. */
function SearchField({ value, onSearch }: { value: string; onSearch: (query: string) => void }) {
  const [text, setText] = useState(value);
  const [sent, setSent] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    // Back, or a link: the address says something else than was typed here.
    if (value !== sent) {
      setSent(value);
      setText(value);
    }
  }
  const search = () => {
    setSent(text);
    onSearch(text);
  };
  useEffect(() => {
    if (text === sent) return;
    const timer = setTimeout(search, TYPED_MS);
    return () => clearTimeout(timer);
  });
  return (
    <form
      className="field grow"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <label className="visually-hidden" htmlFor="user-search">
        {ta('users.search')}
      </label>
      <input
        id="user-search"
        type="search"
        placeholder={ta('users.searchHint')}
        maxLength={200}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
    </form>
  );
}

function nothing({ query, role, page }: UserList, total: number): string {
  if (total > 0 && page > 1) return ta('users.notSoManyPages');
  if (query) return ta('users.nobodyMatches', { query });
  return role === 'pending' ? ta('users.nobodyWaits') : ta('users.nobody');
}
