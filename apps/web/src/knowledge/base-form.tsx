import { type FormEvent, useState } from 'react';
import { t } from '../messages';
import { Dialog } from '../ui/dialog';
import { Problem } from '../ui/problem';
import type { BaseWords } from './knowledge-queries';
import { tk } from './messages';

interface BaseFormProps {
  title: string;
  /** The button's text. */
  action: string;
  initial?: BaseWords;
  busy: boolean;
  problem?: string;
  onSave: (words: BaseWords) => void;
  onClose: () => void;
}

/** Name and description of a base, new or old. */
export function BaseForm({ title, action, initial, busy, problem, onSave, onClose }: BaseFormProps) {
  const [name, setName] = useState(initial?.name ?? '');
  const [description, setDescription] = useState(initial?.description ?? '');
  const save = (event: FormEvent) => {
    event.preventDefault();
    onSave({ name: name.trim(), description: description.trim() });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="base-form" onSubmit={save}>
        <label className="field">
          {tk('knowledge.name')}
          <input required maxLength={200} dir="auto" value={name} onChange={({ target }) => setName(target.value)} />
        </label>
        <label className="field">
          {tk('knowledge.description')}
          <textarea
            rows={3}
            dir="auto"
            maxLength={10_000}
            value={description}
            onChange={({ target }) => setDescription(target.value)}
          />
        </label>
        <Problem of={problem} />
        <div className="row">
          <button className="button" disabled={busy || !name.trim()}>
            {action}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
