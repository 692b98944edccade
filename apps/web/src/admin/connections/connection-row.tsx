import { t } from '../../messages';
import { ta } from '../messages';
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
    key === '' ? ta('connection.fact.noKey') : ta('connection.fact.key'),
    options.prefix_id && ta('connection.fact.prefix', { prefix: options.prefix_id }),
    options.max_concurrency && ta('connection.fact.answers', { count: options.max_concurrency }),
    options.requests_per_minute && ta('connection.fact.requests', { count: options.requests_per_minute }),
  ];
  return (
    <li className="admin-row" data-health={state}>
      <div className="grow">
        <h3>
          <bdi dir="ltr">{url}</bdi>
        </h3>
        <p className="muted">{facts.filter(Boolean).join(' · ')}</p>
        {state === 'off' && <p>{ta('connection.off')}</p>}
        {state === 'unknown' && <p>{ta('connection.asking')}</p>}
        {state === 'broken' && (
          <p className="connection-problem">{ta('connection.broken', { reason: health.error?.message ?? '' })}</p>
        )}
        {state === 'fine' && health.data && (
          <details>
            <summary>
              {health.data.length === 0
                ? ta('connection.fineNone')
                : ta('connection.fine', { count: health.data.length })}
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
            aria-label={ta('connection.test', { name: url })}
            disabled={health.isFetching}
            onClick={() => void health.refetch()}
          >
            {ta('test')}
          </button>
        )}
        {onUp && (
          <button
            type="button"
            className="button button-quiet button-small"
            aria-label={ta('moveUp', { name: url })}
            disabled={isBusy}
            onClick={onUp}
          >
            {ta('up')}
          </button>
        )}
        <button
          type="button"
          className="button button-quiet button-small"
          aria-label={ta('edit', { name: url })}
          onClick={onEdit}
        >
          {t('action.edit')}
        </button>
      </div>
    </li>
  );
}
