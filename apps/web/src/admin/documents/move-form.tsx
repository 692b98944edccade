import { type FormEvent, type ReactNode, useId } from 'react';
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
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onMove(String(form.get('to') ?? ''), form);
  };
  return (
    <form className="row" onSubmit={submit}>
      <label htmlFor={id}>{label}</label>
      <select id={id} name="to">
        {stores.map((store) => (
          <option key={store} value={store}>
            {store}
          </option>
        ))}
      </select>
      {children}
      <button className="button button-quiet" disabled={busy}>
        {ta('vectors.start')}
      </button>
      <p className="muted">{hint}</p>
    </form>
  );
}
