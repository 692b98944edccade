import { countWords } from '../words';
import type { Connection, Kind } from './connection';
import { useConnectionHealth } from './connection-queries';

interface ConnectionRowProps {
  kind: Kind;
  connection: Connection;
  /** Connections of this kind are used at all. */
  isUsed: boolean;
  isBusy: boolean;
  onEdit: () => void;
  /** Undefined for the first. */
  onUp: (() => void) | undefined;
}

/** One model server: where it is, whether it answers, and which models it has. */
export function ConnectionRow({ kind, connection, isUsed, isBusy, onEdit, onUp }: ConnectionRowProps) {
  const health = useConnectionHealth(kind, connection);
  const { url, key, options } = connection;
  const isOff = !isUsed || options.enable === false;
  const state = isOff ? 'off' : health.isPending ? 'unknown' : health.error ? 'broken' : 'fine';
  const facts = [
    key === '' ? 'no key' : 'with a key',
    options.prefix_id && `names begin with “${options.prefix_id}.”`,
    options.max_concurrency && `at most ${countWords(options.max_concurrency, 'answer')} at once`,
    options.requests_per_minute && `at most ${countWords(options.requests_per_minute, 'request')} a minute`,
  ];
  return (
    <li className="admin-row" data-health={state}>
      <div className="grow">
        <h3 dir="ltr">{url}</h3>
        <p className="muted">{facts.filter(Boolean).join(' · ')}</p>
        {state === 'off' && <p>Off: nobody is sent there.</p>}
        {state === 'unknown' && <p>Asking for its models…</p>}
        {state === 'broken' && <p className="connection-problem">Does not answer: {health.error?.message}</p>}
        {state === 'fine' && health.data && (
          <details>
            <summary>
              Answers, and has {health.data.length === 0 ? 'no models' : countWords(health.data.length, 'model')}
            </summary>
            <ul className="connection-models">
              {health.data.map((model) => (
                <li key={model}>{model}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
      <div className="row">
        {!isOff && (
          <button
            type="button"
            className="button button-quiet button-small"
            aria-label={`Test ${url}`}
            disabled={health.isFetching}
            onClick={() => void health.refetch()}
          >
            Test
          </button>
        )}
        {onUp && (
          <button
            type="button"
            className="button button-quiet button-small"
            aria-label={`Move ${url} up`}
            disabled={isBusy}
            onClick={onUp}
          >
            Up
          </button>
        )}
        <button type="button" className="button button-quiet button-small" aria-label={`Edit ${url}`} onClick={onEdit}>
          Edit
        </button>
      </div>
    </li>
  );
}
