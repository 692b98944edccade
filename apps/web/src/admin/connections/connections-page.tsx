import { useState } from 'react';
import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { AdminPage, focusPage } from '../page-parts';
import { type Connection, type ConnectionSet, type Kind, moved, withConnection } from './connection';
import { ConnectionDialog } from './connection-dialog';
import { useConnections, useSaveConnections } from './connection-queries';
import { ConnectionRow } from './connection-row';

/** The model servers: whether each answers, what it offers, and the way to add, change and order them. */
export function ConnectionsPage() {
  return (
    <AdminPage title={ta('page.connections')}>
      <p className="muted">{ta('connection.hint')}</p>
      <ConnectionsOf kind="openai" />
      <ConnectionsOf kind="ollama" />
    </AdminPage>
  );
}

function ConnectionsOf({ kind }: { kind: Kind }) {
  const connections = useConnections(kind);
  const save = useSaveConnections(kind);
  const [opened, setOpened] = useState<{ connection?: Connection }>();
  const [done, setDone] = useState('');
  const set = connections.data;
  const name = ta(`connection.kind.${kind}`);

  const change = (next: ConnectionSet, words: string, after?: () => void) => {
    setDone('');
    save.mutate(next, {
      onSuccess: () => {
        setDone(words);
        after?.();
      },
    });
  };
  const close = () => {
    save.reset();
    setOpened(undefined);
  };

  return (
    <section className="admin-section" aria-label={name}>
      <header className="admin-header">
        <h2>{name}</h2>
        {set && (
          <label className="admin-switch">
            <input
              type="checkbox"
              role="switch"
              checked={set.enabled}
              disabled={save.isPending}
              onChange={({ target: { checked } }) =>
                change(
                  { ...set, enabled: checked },
                  ta(checked ? 'connections.isOn' : 'connections.isOff', { kind: name }),
                )
              }
            />
            {ta('connections.use')}
          </label>
        )}
        <button
          type="button"
          className="button button-quiet button-small"
          disabled={!set}
          onClick={() => setOpened({})}
        >
          {ta('connection.add')}
        </button>
      </header>
      <p className="muted">{ta(`connection.sentence.${kind}`)}</p>
      <Problem of={(!set && connections.error) || (!opened && save.error) || undefined} />
      <p className="visually-hidden" role="status">
        {done}
      </p>
      {connections.isPending && <p role="status">{t('page.loading')}</p>}
      {set?.connections.length === 0 && <p className="empty-state">{ta('connection.none')}</p>}
      {set && set.connections.length > 0 && (
        <ol className="admin-list" aria-label={ta('connection.list', { kind: name })}>
          {set.connections.map((connection, at) => (
            <ConnectionRow
              key={`${connection.url} ${connection.key} ${String(connection.options.prefix_id)}`}
              kind={kind}
              connection={connection}
              isUsed={set.enabled}
              isBusy={save.isPending}
              onEdit={() => setOpened({ connection })}
              onUp={
                at > 0
                  ? () => change(moved(set, at, -1), ta('connection.number', { name: connection.url, place: at }))
                  : undefined
              }
            />
          ))}
        </ol>
      )}
      {set && opened && (
        <ConnectionDialog
          kind={kind}
          initial={opened.connection}
          busy={save.isPending}
          error={save.error}
          onClose={close}
          onSave={(connection) =>
            change(
              withConnection(set, opened.connection, connection),
              ta('connection.saved', { name: connection.url }),
              close,
            )
          }
          onRemove={() =>
            change(withConnection(set, opened.connection, undefined), ta('connection.removed'), () => {
              close();
              focusPage();
            })
          }
        />
      )}
    </section>
  );
}
