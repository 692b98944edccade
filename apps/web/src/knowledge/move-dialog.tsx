import { useState } from 'react';
import { t } from '../messages';
import { Dialog } from '../ui/dialog';
import { Problem } from '../ui/problem';
import { useBase, useBases, useFolder } from './knowledge-queries';
import { tk } from './messages';

/** Where to: a directory of a base; null: its top level. */
export interface Place {
  baseId: string;
  directoryId: string | null;
}

interface MoveDialogProps {
  name: string;
  from: Place;
  /** The directory that moves: not into itself, and within its base. Absent: a file, which may go to another base. */
  moving?: string;
  busy: boolean;
  problem?: string | undefined;
  onMove: (to: Place) => void;
  onClose: () => void;
}

/** Chooses where a file or a directory goes, level by level. */
export function MoveDialog({ name, from, moving, busy, problem, onMove, onClose }: MoveDialogProps) {
  const [to, setTo] = useState(from);
  const folder = useFolder(to.baseId, to.directoryId);
  const { directories = [], breadcrumbs = [] } = folder.data ?? {};
  const isHere = to.baseId === from.baseId && to.directoryId === from.directoryId;
  const go = (directoryId: string | null) => setTo({ ...to, directoryId });
  const here = breadcrumbs.at(-1);
  return (
    <Dialog title={tk('knowledge.moveNamed', { name })} onClose={onClose}>
      {moving === undefined && (
        <BaseChoice from={from.baseId} to={to.baseId} onChoose={(baseId) => setTo({ baseId, directoryId: null })} />
      )}
      <p role="status">
        {tk('knowledge.moveTo', {
          place: [tk('knowledge.topLevel'), ...breadcrumbs.map(({ name }) => name)].join(' / '),
        })}
      </p>
      <ul className="document-list" aria-label={tk('knowledge.folders')}>
        {here && (
          <li>
            <button type="button" className="button button-quiet" onClick={() => go(here.parent_id)}>
              {tk('knowledge.folderUp')}
            </button>
          </li>
        )}
        {directories
          .filter(({ id }) => id !== moving)
          .map(({ id, name }) => (
            <li key={id}>
              <button type="button" className="button button-quiet" dir="auto" onClick={() => go(id)}>
                {name}
              </button>
            </li>
          ))}
      </ul>
      <Problem of={problem ?? folder.error?.message} />
      <div className="row">
        <button type="button" className="button" disabled={busy || isHere || !folder.data} onClick={() => onMove(to)}>
          {tk('knowledge.moveHere')}
        </button>
        <button type="button" className="button button-quiet" onClick={onClose}>
          {t('action.cancel')}
        </button>
      </div>
    </Dialog>
  );
}

interface BaseChoiceProps {
  from: string;
  to: string;
  onChoose: (baseId: string) => void;
}

/** The bases that are loaded, and the present one, which may not be among them. */
function BaseChoice({ from, to, onChoose }: BaseChoiceProps) {
  const bases = useBases('');
  const present = useBase(from).data;
  const loaded = bases.data?.pages.flatMap(({ items }) => items).filter((base) => base.write_access) ?? [];
  const own = present && !loaded.some(({ id }) => id === from) ? [present, ...loaded] : loaded;
  return (
    <div className="row">
      <label className="field grow">
        {t('knowledge.base')}
        <select value={to} onChange={({ target }) => onChoose(target.value)}>
          {own.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {bases.hasNextPage && (
        <button type="button" className="button button-quiet" onClick={() => void bases.fetchNextPage()}>
          {tk('knowledge.moreBases')}
        </button>
      )}
    </div>
  );
}
