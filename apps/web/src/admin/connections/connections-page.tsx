import { useState } from 'react';
import { AdminPage, focusPage, Problem } from '../page-parts';
import { type Connection, type ConnectionSet, type Kind, KIND_WORDS, moved, withConnection } from './connection';
import { ConnectionDialog } from './connection-dialog';
import { useConnections, useSaveConnections } from './connection-queries';
import { ConnectionRow } from './connection-row';

const SENTENCES: Record<Kind, string> = {
  openai: 'Servers that speak OpenAI’s protocol: OpenAI itself, vLLM, llama.cpp, LiteLLM and many others.',
  ollama: 'Servers that run Ollama.',
};

/** The model servers: whether each answers, what it offers, and the way to add, change and order them. */
export function ConnectionsPage() {
  return (
    <AdminPage title="Connections">
      <p className="muted">
        Where several offer the same model, the first one is asked. Keys are stored encrypted and never shown again.
      </p>
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
  const name = KIND_WORDS[kind];

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
                change({ ...set, enabled: checked }, checked ? `${name} is on.` : `${name} is off.`)
              }
            />
            Use these connections
          </label>
        )}
        <button
          type="button"
          className="button button-quiet button-small"
          disabled={!set}
          onClick={() => setOpened({})}
        >
          Add a connection
        </button>
      </header>
      <p className="muted">{SENTENCES[kind]}</p>
      <Problem error={(!set && connections.error) || (!opened && save.error) || undefined} />
      <p className="visually-hidden" role="status">
        {done}
      </p>
      {connections.isPending && <p role="status">Loading…</p>}
      {set?.connections.length === 0 && <p className="empty-state">No connection of this kind.</p>}
      {set && set.connections.length > 0 && (
        <ol className="admin-list" aria-label={`${name} connections`}>
          {set.connections.map((connection, at) => (
            <ConnectionRow
              key={`${connection.url} ${connection.key} ${String(connection.options.prefix_id)}`}
              kind={kind}
              connection={connection}
              isUsed={set.enabled}
              isBusy={save.isPending}
              onEdit={() => setOpened({ connection })}
              onUp={at > 0 ? () => change(moved(set, at, -1), `${connection.url} is number ${at}.`) : undefined}
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
            change(withConnection(set, opened.connection, connection), `${connection.url} is saved.`, close)
          }
          onRemove={() =>
            change(withConnection(set, opened.connection, undefined), 'The connection was removed.', () => {
              close();
              focusPage();
            })
          }
        />
      )}
    </section>
  );
}
