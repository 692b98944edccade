import type { Suggestion } from '@perennial/contracts-wire';
import { type FormEvent, useState } from 'react';
import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { useSaveSuggestions, useSuggestions } from './general-queries';

/** What one might ask: on the page of a new chat, where the model has no suggestions of its own. */
export function SuggestionsForm() {
  const suggestions = useSuggestions();
  if (!suggestions.data) {
    return suggestions.isPending ? <p role="status">{t('page.loading')}</p> : <Problem of={suggestions.error} />;
  }
  return <Drafts published={suggestions.data} />;
}

/** What others publish meanwhile does not replace what is typed here. */
function Drafts({ published }: { published: readonly Suggestion[] }) {
  const save = useSaveSuggestions();
  const [shown, setShown] = useState(published);
  const [drafts, setDrafts] = useState(published);
  const isChanged = JSON.stringify(drafts) !== JSON.stringify(published);
  const show = (next: readonly Suggestion[]) => {
    setShown(next);
    setDrafts(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ shown, next: drafts.filter(({ content }) => content.trim() !== '') }, { onSuccess: show });
  };
  return (
    <form className="admin-form admin-narrow" onSubmit={submit}>
      <p className="muted">{ta('suggestions.hint')}</p>
      {drafts.map((draft, at) => (
        // Rows have no identity but their place.
        <div key={at} className="admin-with-button">
          <label className="field grow">
            <span className="visually-hidden">{ta('suggestions.number', { number: at + 1 })}</span>
            <textarea
              rows={1}
              dir="auto"
              maxLength={20_000}
              value={draft.content}
              onChange={({ target }) =>
                // A title of another client is of the text that it stood beside.
                setDrafts(drafts.map((other, n) => (n === at ? { title: [], content: target.value } : other)))
              }
            />
          </label>
          <button
            type="button"
            className="button button-quiet"
            aria-label={ta('suggestions.remove', { number: at + 1 })}
            onClick={() => setDrafts(drafts.filter((_, n) => n !== at))}
          >
            {ta('suggestions.removeIt')}
          </button>
        </div>
      ))}
      <Problem of={save.error} />
      <div className="row">
        <button
          type="button"
          className="button button-quiet"
          disabled={drafts.length >= 50}
          onClick={() => setDrafts([...drafts, { title: [], content: '' }])}
        >
          {ta('suggestions.add')}
        </button>
        {isChanged && (
          <>
            <button className="button button-quiet" disabled={save.isPending}>
              {ta('suggestions.save')}
            </button>
            <button type="button" className="button button-quiet" onClick={() => show(published)}>
              {ta('notices.undo')}
            </button>
          </>
        )}
        <span role="status">{save.isSuccess && !isChanged ? ta('saved') : ''}</span>
      </div>
    </form>
  );
}
