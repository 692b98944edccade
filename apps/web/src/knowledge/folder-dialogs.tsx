import type { KnowledgeDirectory } from '@perennial/contracts-wire';
import { type FormEvent, useState } from 'react';
import { t } from '../messages';
import { Dialog } from '../ui/dialog';
import { Problem } from '../ui/problem';
import { tk } from './messages';

interface FolderNameProps {
  title: string;
  initial?: string;
  busy: boolean;
  problem?: string | undefined;
  onSave: (name: string) => void;
  onClose: () => void;
}

/** Name of a directory, new or old. */
export function FolderName({ title, initial = '', busy, problem, onSave, onClose }: FolderNameProps) {
  const [name, setName] = useState(initial);
  const save = (event: FormEvent) => {
    event.preventDefault();
    onSave(name.trim());
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="base-form" onSubmit={save}>
        <label className="field">
          {tk('knowledge.name')}
          <input required maxLength={255} dir="auto" value={name} onChange={({ target }) => setName(target.value)} />
        </label>
        <Problem of={problem} />
        <div className="row">
          <button className="button" disabled={busy || !name.trim()}>
            {t('action.save')}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface DeleteFolderProps {
  folder: KnowledgeDirectory;
  busy: boolean;
  problem?: string | undefined;
  onDelete: (keepFiles: boolean) => void;
  onClose: () => void;
}

/** Deletes a directory, with its files or without. */
export function DeleteFolder({ folder, busy, problem, onDelete, onClose }: DeleteFolderProps) {
  return (
    <Dialog title={tk('knowledge.deleteFolder', { name: folder.name })} onClose={onClose}>
      <p>{tk('knowledge.deleteFolderHint')}</p>
      <Problem of={problem} />
      <div className="row">
        <button type="button" className="button" disabled={busy} onClick={() => onDelete(true)}>
          {tk('knowledge.keepFiles')}
        </button>
        <button
          type="button"
          className="button button-quiet button-danger"
          disabled={busy}
          onClick={() => onDelete(false)}
        >
          {tk('knowledge.deleteFilesToo')}
        </button>
        <button type="button" className="button button-quiet" onClick={onClose}>
          {t('action.cancel')}
        </button>
      </div>
    </Dialog>
  );
}
