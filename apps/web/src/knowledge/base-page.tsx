import type { KnowledgeBase, SessionProfile } from '@perennial/contracts-wire';
import { ApiError } from '@perennial/web-client';
import { lazy, Suspense, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { t } from '../messages';
import { usePageTitle } from '../messages/page-title';
import { Problem } from '../ui/problem';
import { useQuestion } from '../ui/question';
import { withTexts } from '../ui/with-texts';
import { BaseFiles } from './base-files';
import { BaseForm } from './base-form';
import { useBase, useDeleteBase, useUpdateBase } from './knowledge-queries';
import { tk } from './messages';

const Sources = lazy(() => withTexts(import('./sources/sources')));

/** One knowledge base, its files and its sources. */
export default function BasePage({ user }: { user: SessionProfile }) {
  const { baseId = '' } = useParams();
  const base = useBase(baseId);

  usePageTitle(base.data?.name ?? t('knowledge'));

  if (!base.data) {
    const gone = base.error instanceof ApiError && base.error.status < 500;
    return (
      <main id="content" className="documents-page" tabIndex={-1}>
        <p>
          <Link to="/knowledge">{tk('knowledge.all')}</Link>
        </p>
        {base.isPending && <p role="status">{t('page.loading')}</p>}
        <Problem of={gone ? tk('knowledge.gone') : base.error} />
        {base.error && !gone && (
          <button type="button" className="button" onClick={() => void base.refetch()}>
            {t('action.tryAgain')}
          </button>
        )}
      </main>
    );
  }
  return (
    <main id="content" className="documents-page" tabIndex={-1}>
      <p>
        <Link to="/knowledge">{tk('knowledge.all')}</Link>
      </p>
      <BaseHeader base={base.data} />
      <BaseFiles key={baseId} baseId={baseId} mayWrite={base.data.write_access !== false} />
      {base.data.write_access !== false && (
        <Suspense>
          <Sources key={`${baseId} sources`} baseId={baseId} isAdmin={user.role === 'admin'} />
        </Suspense>
      )}
    </main>
  );
}

function BaseHeader({ base }: { base: KnowledgeBase }) {
  const [editing, setEditing] = useState(false);
  const update = useUpdateBase(base.id);
  const remove = useDeleteBase();
  const navigate = useNavigate();
  const [ask, asked] = useQuestion();

  const removeBase = () => {
    const onSure = () => remove.mutate(base.id, { onSuccess: () => void navigate('/knowledge') });
    ask({ text: tk('knowledge.deleteAsk', { name: base.name }), action: t('action.delete'), onSure });
  };

  return (
    <>
      <header className="documents-header">
        <h1 dir="auto">{base.name}</h1>
        {base.write_access !== false && (
          <div className="row">
            <button type="button" className="button button-quiet" onClick={() => setEditing(true)}>
              {tk('knowledge.describe')}
            </button>
            <button
              type="button"
              className="button button-quiet button-danger"
              disabled={remove.isPending}
              onClick={removeBase}
            >
              {tk('knowledge.delete')}
            </button>
          </div>
        )}
      </header>
      {base.description && (
        <p className="base-description" dir="auto">
          {base.description}
        </p>
      )}
      <Problem of={remove.error} />
      {asked}
      {editing && (
        <BaseForm
          title={tk('knowledge.describe')}
          action={t('action.save')}
          initial={base}
          busy={update.isPending}
          problem={update.error?.message}
          onSave={(words) => update.mutate(words, { onSuccess: () => setEditing(false) })}
          onClose={() => {
            update.reset();
            setEditing(false);
          }}
        />
      )}
    </>
  );
}

export { textsLoaded } from './messages';
