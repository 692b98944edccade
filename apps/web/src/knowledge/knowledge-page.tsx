import type { KnowledgeListItem, SessionProfile } from '@perennial/contracts-wire';
import { useDeferredValue, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { t } from '../messages';
import { usePageTitle } from '../messages/page-title';
import { Icon } from '../ui/icon';
import { Problem } from '../ui/problem';
import { useQuestion } from '../ui/question';
import { BaseForm } from './base-form';
import { IndexState } from './index-state';
import { useBases, useCreateBase, useDeleteBase } from './knowledge-queries';
import { tk } from './messages';

/** All knowledge bases of the user: search, create, delete. */
export default function KnowledgePage({ user }: { user: SessionProfile }) {
  const [text, setText] = useState('');
  const query = useDeferredValue(text.trim());
  const bases = useBases(query);
  const [making, setMaking] = useState(false);
  const create = useCreateBase();
  const remove = useDeleteBase();
  const navigate = useNavigate();
  const [ask, asked] = useQuestion();
  const items = bases.data?.pages.flatMap(({ items }) => items) ?? [];
  const total = bases.data?.pages.at(-1)?.total ?? 0;

  usePageTitle(t('knowledge'));

  const removeBase = ({ id, name, file_count: files }: KnowledgeListItem) => {
    const text = tk('knowledge.deleteAskFiles', { name, count: files });
    ask({ text, action: t('action.delete'), onSure: () => remove.mutate(id) });
  };

  return (
    <main id="content" className="documents-page" tabIndex={-1}>
      <header className="documents-header">
        <h1>{t('knowledge')}</h1>
        <Link className="button button-quiet" to="/files">
          {t('files.all')}
        </Link>
        <button type="button" className="button" onClick={() => setMaking(true)}>
          {tk('knowledge.new')}
        </button>
      </header>
      <label className="field">
        <span className="visually-hidden">{t('knowledge.search')}</span>
        <input
          type="search"
          placeholder={tk('knowledge.searchHint')}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <Problem of={remove.error ?? (bases.data ? undefined : bases.error)} />
      {bases.isPending && <p role="status">{t('page.loading')}</p>}
      {bases.data && items.length === 0 && (
        <p className="empty-state" role="status">
          {query ? t('find.nothing', { query }) : tk('knowledge.noBase')}
        </p>
      )}
      {items.length > 0 && (
        <>
          <p className="muted">{tk('knowledge.count', { count: total })}</p>
          <ul className="document-list" aria-label={t('knowledge.bases')}>
            {items.map((base) => (
              <BaseRow key={base.id} base={base} own={base.user_id === user.id} onDelete={() => removeBase(base)} />
            ))}
          </ul>
        </>
      )}
      {bases.hasNextPage && (
        <button
          type="button"
          className="button button-quiet"
          disabled={bases.isFetchingNextPage}
          onClick={() => void bases.fetchNextPage()}
        >
          {t('action.more')}
        </button>
      )}
      {user.role === 'admin' && <IndexState />}
      {asked}
      {making && (
        <BaseForm
          title={tk('knowledge.newTitle')}
          action={tk('knowledge.create')}
          busy={create.isPending}
          problem={create.error?.message}
          onSave={(words) => create.mutate(words, { onSuccess: ({ id }) => void navigate(`/knowledge/${id}`) })}
          onClose={() => {
            create.reset();
            setMaking(false);
          }}
        />
      )}
    </main>
  );
}

function BaseRow({ base, own, onDelete }: { base: KnowledgeListItem; own: boolean; onDelete: () => void }) {
  const facts = [
    t('knowledge.fileCount', { count: base.file_count }),
    !own && (base.user ? tk('knowledge.of', { name: base.user.name }) : tk('knowledge.ofSomebody')),
  ];
  return (
    <li className="document-row">
      <Icon name="books" />
      <div className="document-text">
        <Link className="document-name" dir="auto" to={`/knowledge/${base.id}`}>
          {base.name}
        </Link>
        <span className="muted document-facts">
          {facts.filter(Boolean).join(' · ')}
          {base.description && (
            <>
              {' · '}
              <bdi>{base.description}</bdi>
            </>
          )}
        </span>
      </div>
      {base.write_access && (
        <button
          type="button"
          className="icon-button"
          aria-label={t('action.deleteNamed', { name: base.name })}
          onClick={onDelete}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}

export { textsLoaded } from './messages';
