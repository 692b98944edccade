import { useDeferredValue, useState } from 'react';
import { Link } from 'react-router';
import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { ta, taNodes } from '../messages';
import { AdminPage } from '../page-parts';
import { Pager } from '../pager';
import {
  defaultsOf,
  isForEverybody,
  type ListedModel,
  type ModelsConfig,
  raised,
  useListedModels,
  useOfferModels,
  useSwitchModel,
} from './model-queries';

const ROWS = 100;

/** The models of all connections: which of them people may choose. */
export function ModelsPage() {
  const models = useListedModels();
  const switching = useSwitchModel();
  const offering = useOfferModels();
  const [text, setText] = useState('');
  const [page, setPage] = useState(1);
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const { models: all = [], config } = models.data ?? {};
  const defaults = config ? defaultsOf(config) : [];
  const found = all.filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(wanted));
  const shown = found.slice((page - 1) * ROWS, page * ROWS);
  const { isPending, variables } = switching;
  const offer = (next: Partial<ModelsConfig>) => config && offering.mutate({ shown: config, next });

  return (
    <AdminPage title={ta('page.models')}>
      <p className="muted">
        {taNodes('models.hint', { connections: <Link to="/admin/connections">{ta('models.hintConnections')}</Link> })}
      </p>
      <label className="field">
        <span className="visually-hidden">{ta('models.search')}</span>
        <input
          type="search"
          placeholder={ta('searchByName')}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setPage(1);
          }}
        />
      </label>
      <Problem of={switching.error ?? offering.error ?? models.error} />
      <p className="muted" role="status">
        {models.data
          ? ta('models.count', { count: found.length, off: found.filter(({ isOn }) => !isOn).length })
          : isPending && ta('models.asking')}
      </p>
      {models.data && found.length === 0 && (
        <p className="empty-state">{wanted === '' ? ta('models.none') : t('find.nothing', { query: text.trim() })}</p>
      )}
      {shown.length > 0 && (
        <ol className="admin-list" aria-label={ta('page.models')}>
          {shown.map((model) => (
            <ModelRow
              key={model.id}
              model={model}
              isSwitched={isPending && variables?.model.id === model.id ? variables.isOn : undefined}
              isDefault={defaults.includes(model.id)}
              isFirst={all[0]?.id === model.id}
              isBusy={offering.isPending}
              onSwitch={(isOn) => switching.mutate({ model, isOn })}
              onRaise={(to) => offer({ MODEL_ORDER_LIST: raised(all, model.id, to) })}
              onDefault={(isDefault) => offer({ DEFAULT_MODELS: isDefault ? model.id : null })}
            />
          ))}
        </ol>
      )}
      <Pager page={page} rows={ROWS} total={found.length} onPage={setPage} />
    </AdminPage>
  );
}

interface ModelRowProps {
  model: ListedModel;
  /** What it is being switched to. */
  isSwitched: boolean | undefined;
  /** A new chat starts with it. */
  isDefault: boolean;
  isFirst: boolean;
  isBusy: boolean;
  onSwitch: (isOn: boolean) => void;
  onRaise: (to: 'first' | 'up') => void;
  onDefault: (isDefault: boolean) => void;
}

function ModelRow(props: ModelRowProps) {
  const { model, isSwitched, isDefault, isFirst, isBusy, onSwitch, onRaise, onDefault } = props;
  const { id, name, isOn } = model;
  // Disabled buttons would lose the focus.
  const button = { type: 'button', className: 'button button-quiet button-small', 'aria-disabled': isBusy } as const;
  return (
    <li className="admin-row">
      <div className="grow">
        <h2 dir="auto">{name}</h2>
        <p className="muted">
          {[name !== id && id, !isForEverybody(model) && ta('models.notForEverybody')].filter(Boolean).join(' · ')}
        </p>
      </div>
      <div className="row">
        {isOn && (
          <button
            {...button}
            aria-pressed={isDefault}
            aria-label={ta('models.defaultOf', { name })}
            onClick={() => isBusy || onDefault(!isDefault)}
          >
            {ta('models.default')}
          </button>
        )}
        {isOn && !isFirst && (
          <>
            <button {...button} aria-label={ta('models.toTop', { name })} onClick={() => isBusy || onRaise('first')}>
              {ta('models.top')}
            </button>
            <button {...button} aria-label={ta('moveUp', { name })} onClick={() => isBusy || onRaise('up')}>
              {ta('up')}
            </button>
          </>
        )}
        <label className="admin-switch">
          <input
            type="checkbox"
            role="switch"
            aria-label={name}
            checked={isSwitched ?? isOn}
            // A second press would be of a state that is not known yet.
            onChange={({ target: { checked } }) => isSwitched === undefined && onSwitch(checked)}
          />
          <span aria-hidden="true">{(isSwitched ?? isOn) ? ta('models.on') : ta('models.off')}</span>
        </label>
      </div>
    </li>
  );
}
