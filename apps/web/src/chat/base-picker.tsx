import { useDeferredValue, useState } from 'react';
import { Link } from 'react-router';
import { useBases } from '../knowledge/knowledge-queries';
import { t } from '../messages';
import { Dialog } from '../ui/dialog';
import { Problem } from '../ui/problem';
import type { ChosenBase } from './draft';

/** Chooses a knowledge base for the message. */
export function BasePicker({ onChoose, onClose }: { onChoose: (base: ChosenBase) => void; onClose: () => void }) {
  const [text, setText] = useState('');
  const query = useDeferredValue(text.trim());
  const bases = useBases(query);
  const items = bases.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Dialog title={t('box.askBase')} onClose={onClose}>
      <label className="field">
        <span className="visually-hidden">{t('knowledge.search')}</span>
        <input
          type="search"
          placeholder={t('knowledge.search')}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      {bases.isPending && <p role="status">{t('page.loading')}</p>}
      <Problem of={bases.data ? undefined : bases.error} />
      {bases.data && items.length === 0 && (
        <p className="muted">
          {query ? t('find.nothing', { query }) : `${t('knowledge.noneYet')} `}
          {!query && <Link to="/knowledge">{t('knowledge.makeOne')}</Link>}
        </p>
      )}
      <ul className="choices">
        {items.map(({ id, name, description, file_count: files }) => (
          <li key={id}>
            <button type="button" onClick={() => onChoose({ id, name })}>
              <strong dir="auto">{name}</strong>
              <span className="muted">
                {t('knowledge.fileCount', { count: files })}
                {description && (
                  <>
                    {' · '}
                    <bdi>{description}</bdi>
                  </>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {bases.hasNextPage && (
        <button type="button" className="button button-quiet" onClick={() => void bases.fetchNextPage()}>
          {t('action.more')}
        </button>
      )}
    </Dialog>
  );
}
