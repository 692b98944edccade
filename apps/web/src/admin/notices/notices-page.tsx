import type { Banner } from '@perennial/contracts-wire';
import { type FormEvent, useState } from 'react';
import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { AdminPage } from '../page-parts';
import { useNotices, usePublish } from './notice-queries';

const KINDS = ['info', 'success', 'warning', 'error'] as const;

/** What everybody reads at the top of every page. */
export function NoticesPage() {
  const notices = useNotices();
  return (
    <AdminPage title={ta('page.notices')}>
      <p className="muted">{ta('notices.hint')}</p>
      {notices.isPending && <p role="status">{t('page.loading')}</p>}
      <Problem of={notices.data ? undefined : notices.error} />
      {notices.data && <NoticesForm published={notices.data} />}
    </AdminPage>
  );
}

/** Drafts of the notices: what others publish meanwhile does not replace what is typed here. */
function NoticesForm({ published }: { published: readonly Banner[] }) {
  const [shown, setShown] = useState(published);
  const [drafts, setDrafts] = useState(published);
  const publish = usePublish();
  const isChanged = JSON.stringify(drafts) !== JSON.stringify(published);
  const show = (notices: readonly Banner[]) => {
    setShown(notices);
    setDrafts(notices);
  };
  const change = (id: string, next: Partial<Banner>) =>
    setDrafts(drafts.map((draft) => (draft.id === id ? { ...draft, ...next } : draft)));
  const add = () => setDrafts([...drafts, blank()]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    publish.mutate({ shown, next: drafts }, { onSuccess: show });
  };
  return (
    <form className="admin-form admin-narrow" onSubmit={submit}>
      {drafts.length === 0 && <p className="empty-state">{ta('notices.none')}</p>}
      {drafts.map((draft, at) => (
        <NoticeFields
          key={draft.id}
          number={at + 1}
          draft={draft}
          onChange={(next) => change(draft.id, next)}
          onRemove={() => setDrafts(drafts.filter(({ id }) => id !== draft.id))}
        />
      ))}
      <Problem of={publish.error} />
      <div className="row">
        <button type="button" className="button button-quiet" disabled={drafts.length >= 50} onClick={add}>
          {ta('notices.add')}
        </button>
        {isChanged && (
          <>
            <button className="button" disabled={publish.isPending}>
              {ta('notices.publish')}
            </button>
            <button type="button" className="button button-quiet" onClick={() => show(published)}>
              {ta('notices.undo')}
            </button>
          </>
        )}
      </div>
    </form>
  );
}

interface NoticeFieldsProps {
  number: number;
  draft: Banner;
  onChange: (next: Partial<Banner>) => void;
  onRemove: () => void;
}

function NoticeFields({ number, draft, onChange, onRemove }: NoticeFieldsProps) {
  const { type, title = '', content, dismissible } = draft;
  // A kind of another client stays as it is until another one is chosen.
  const kinds = KINDS.map((kind) => ({ kind: kind as string, label: ta(`notices.kind.${kind}`) }));
  if (kinds.every(({ kind }) => kind !== type)) kinds.push({ kind: type, label: type });
  return (
    <fieldset className="admin-fields">
      <legend>{ta('notices.number', { number })}</legend>
      <label className="field">
        {ta('notices.title')}
        <input maxLength={1_000} value={title} onChange={({ target }) => onChange({ title: target.value })} />
      </label>
      <label className="field">
        {ta('notices.text')}
        <textarea
          rows={3}
          required
          maxLength={20_000}
          value={content}
          onChange={({ target }) => onChange({ content: target.value })}
        />
      </label>
      <div className="row">
        <label className="admin-check">
          {ta('notices.kind')}
          <select value={type} onChange={({ target }) => onChange({ type: target.value })}>
            {kinds.map(({ kind, label }) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label className="admin-check">
          <input
            type="checkbox"
            checked={dismissible}
            onChange={({ target }) => onChange({ dismissible: target.checked })}
          />
          {ta('notices.mayDismiss')}
        </label>
        <button type="button" className="button button-quiet button-small" onClick={onRemove}>
          {ta('notices.remove', { number })}
        </button>
      </div>
    </fieldset>
  );
}

function blank(): Banner {
  return {
    id: crypto.randomUUID(),
    type: 'info',
    title: '',
    content: '',
    dismissible: true,
    timestamp: Math.floor(Date.now() / 1_000),
  };
}
