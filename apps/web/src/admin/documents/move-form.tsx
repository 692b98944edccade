import type { FormEvent, ReactNode } from 'react';
import { ta } from '../messages';

interface MoveFormProps {
  stores: readonly string[];
  /** What is moved to the chosen store. */
  label: string;
  hint: string;
  busy: boolean;
  onMove: (to: string, form: FormData) => void;
  /** Further fields. */
  children?: ReactNode;
}

/** Chooses the store to move to. */
export function MoveForm({ stores, label, hint, busy, onMove, children }: MoveFormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onMove(String(form.get('to') ?? ''), form);
  };
  return (
    <form className="admin-form admin-narrow" onSubmit={submit}>
      <label className="field">
        {label}
        <select name="to">
          {stores.map((store) => (
            <option key={store} value={store}>
              {store}
            </option>
          ))}
        </select>
      </label>
      {children}
      <div className="row">
        <button className="button button-quiet" disabled={busy}>
          {ta('vectors.start')}
        </button>
        <span className="muted">{hint}</span>
      </div>
    </form>
  );
}
