import type { FormEvent } from 'react';
import { t } from '../../messages';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { PasswordField } from './password-field';
import { chosenRole, RoleField } from './role-field';
import { useAddUser } from './user-queries';

/** A new account with a first password. */
export function AddUser({ onClose, onAdded }: { onClose: () => void; onAdded: (name: string) => void }) {
  const add = useAddUser();
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const body = {
      name: text('name'),
      email: text('email'),
      password: String(form.get('password')),
      role: chosenRole(form),
    };
    add.mutate(body, { onSuccess: () => onAdded(body.name) });
  };
  return (
    <Dialog title={ta('users.add')} onClose={onClose}>
      <form className="admin-form" onSubmit={save}>
        <label className="field">
          {ta('users.name')}
          <input name="name" required maxLength={200} autoComplete="off" />
        </label>
        <label className="field">
          {ta('users.email')}
          <input name="email" type="email" required maxLength={320} autoComplete="off" />
        </label>
        <PasswordField label={ta('users.firstPassword')} />
        <RoleField initial="user" />
        <Problem of={add.error} />
        <div className="row">
          <button className="button" disabled={add.isPending}>
            {ta('add')}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
