import type { KnowledgeBase } from '@perennial/contracts-wire';
import { ApiError } from '@perennial/web-client';
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { BaseFiles } from './base-files';
import { BaseForm } from './base-form';
import { useBase, useDeleteBase, useUpdateBase } from './knowledge-queries';

/** One knowledge base and its files. */
export function BasePage() {
  const { baseId = '' } = useParams();
  const base = useBase(baseId);

  useEffect(() => {
    document.title = base.data ? `${base.data.name} · Perennial` : 'Knowledge · Perennial';
  }, [base.data]);

  if (!base.data) {
    const gone = base.error instanceof ApiError && base.error.status < 500;
    return (
      <main id="content" className="documents-page" tabIndex={-1}>
        <p>
          <Link to="/knowledge">All knowledge bases</Link>
        </p>
        {base.isPending && <p role="status">Loading…</p>}
        {base.error && (
          <p className="problem" role="alert">
            {gone ? 'There is no such knowledge base, or it is not yours.' : base.error.message}
          </p>
        )}
        {base.error && !gone && (
          <button type="button" className="button" onClick={() => void base.refetch()}>
            Try again
          </button>
        )}
      </main>
    );
  }
  return (
    <main id="content" className="documents-page" tabIndex={-1}>
      <p>
        <Link to="/knowledge">All knowledge bases</Link>
      </p>
      <BaseHeader base={base.data} />
      <BaseFiles key={baseId} baseId={baseId} mayWrite={base.data.write_access !== false} />
    </main>
  );
}

function BaseHeader({ base }: { base: KnowledgeBase }) {
  const [editing, setEditing] = useState(false);
  const update = useUpdateBase(base.id);
  const remove = useDeleteBase();
  const navigate = useNavigate();

  const removeBase = () => {
    const question = `Delete “${base.name}” with its files for good? Files that are also in another base stay there.`;
    if (window.confirm(question)) remove.mutate(base.id, { onSuccess: () => void navigate('/knowledge') });
  };

  return (
    <>
      <header className="documents-header">
        <h1>{base.name}</h1>
        {base.write_access !== false && (
          <div className="row">
            <button type="button" className="button button-quiet" onClick={() => setEditing(true)}>
              Rename or describe
            </button>
            <button
              type="button"
              className="button button-quiet button-danger"
              disabled={remove.isPending}
              onClick={removeBase}
            >
              Delete base
            </button>
          </div>
        )}
      </header>
      {base.description && <p className="base-description">{base.description}</p>}
      {remove.error && (
        <p className="problem" role="alert">
          {remove.error.message}
        </p>
      )}
      {editing && (
        <BaseForm
          title="Rename or describe"
          action="Save"
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
