import { useDeferredValue, useState } from 'react';
import { Link } from 'react-router';
import { Pager } from '../pager';
import { AdminPage, Problem } from '../page-parts';
import { countWords } from '../words';
import { isForEverybody, type ListedModel, useListedModels, useSwitchModel } from './model-queries';

const ROWS = 100;

/** The models of all connections: which of them people may choose. */
export function ModelsPage() {
  const models = useListedModels();
  const switching = useSwitchModel();
  const [text, setText] = useState('');
  const [page, setPage] = useState(1);
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const all = models.data ?? [];
  const found = all.filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(wanted));
  const shown = found.slice((page - 1) * ROWS, page * ROWS);
  const { isPending, variables } = switching;

  return (
    <AdminPage title="Models">
      <p className="muted">
        Every model of your <Link to="/admin/connections">connections</Link>. One that is off is offered to nobody;
        chats that used it stay.
      </p>
      <label className="field">
        <span className="visually-hidden">Search models</span>
        <input
          type="search"
          placeholder="Search by name"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setPage(1);
          }}
        />
      </label>
      <Problem error={switching.error ?? models.error} />
      <p className="muted" role="status">
        {models.data
          ? `${countWords(found.length, 'model')}, ${found.filter(({ isOn }) => !isOn).length} off`
          : isPending && 'Asking the connections…'}
      </p>
      {models.data && found.length === 0 && (
        <p className="empty-state">
          {wanted === '' ? 'No connection offers a model.' : `Nothing matches “${text.trim()}”.`}
        </p>
      )}
      {shown.length > 0 && (
        <ul className="admin-list" aria-label="Models">
          {shown.map((model) => (
            <ModelRow
              key={model.id}
              model={model}
              isSwitched={isPending && variables?.model.id === model.id ? variables.isOn : undefined}
              onSwitch={(isOn) => switching.mutate({ model, isOn })}
            />
          ))}
        </ul>
      )}
      <Pager page={page} rows={ROWS} total={found.length} onPage={setPage} />
    </AdminPage>
  );
}

interface ModelRowProps {
  model: ListedModel;
  /** What it is being switched to. */
  isSwitched: boolean | undefined;
  onSwitch: (isOn: boolean) => void;
}

function ModelRow({ model, isSwitched, onSwitch }: ModelRowProps) {
  const { id, name, isOn } = model;
  return (
    <li className="admin-row">
      <div className="grow">
        <h2 dir="auto">{name}</h2>
        <p className="muted">
          {[name !== id && id, !isForEverybody(model) && 'not for everybody'].filter(Boolean).join(' · ')}
        </p>
      </div>
      <label className="admin-switch">
        <input
          type="checkbox"
          role="switch"
          aria-label={name}
          checked={isSwitched ?? isOn}
          // A second press would be of a state that is not known yet.
          onChange={({ target: { checked } }) => isSwitched === undefined && onSwitch(checked)}
        />
        <span aria-hidden="true">{(isSwitched ?? isOn) ? 'On' : 'Off'}</span>
      </label>
    </li>
  );
}
