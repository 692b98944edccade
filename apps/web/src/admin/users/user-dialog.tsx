import type { UserRow } from '@perennial/contracts-wire';
import type { FormEvent } from 'react';
import { t } from '../../messages';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { SecondQuestion } from '../second-question';
import { dateWords, sinceWords } from '../words';
import { PasswordField } from './password-field';
import { chosenRole, RoleField } from './role-field';
import { useDeleteUser, useUpdateUser } from './user-queries';

interface UserDialogProps {
  user: UserRow;
  isSelf: boolean;
  onClose: () => void;
  /** @param words what was done */
  onDone: (words: string, isGone?: boolean) => void;
}

/** One account: its name, address and role, a new password, and its end. */
export function UserDialog({ user, isSelf, onClose, onDone }: UserDialogProps) {
  const facts = { joined: dateWords(user.created_at), active: sinceWords(user.last_active_at) };
  return (
    <Dialog title={user.name} onClose={onClose}>
      <p className="muted">
        {user.placement ? ta('users.factsPlaced', { ...facts, placement: user.placement }) : ta('users.facts', facts)}
      </p>
      <Details user={user} onDone={onDone} />
      <NewPassword user={user} isSelf={isSelf} onDone={onDone} />
      {!isSelf && <Deletion user={user} onDone={onDone} />}
    </Dialog>
  );
}

type PartProps = Pick<UserDialogProps, 'user' | 'onDone'>;

function Details({ user, onDone }: PartProps) {
  const update = useUpdateUser();
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get('name')).trim();
    const email = String(form.get('email')).trim();
    const role = chosenRole(form);
    // Only what was changed: a role that is sent again would end the account's sessions.
    const change = {
      ...(name === user.name ? {} : { name }),
      ...(email === user.email ? {} : { email }),
      ...(role === user.role ? {} : { role }),
    };
    update.mutate({ id: user.id, change }, { onSuccess: () => onDone(ta('users.saved', { name })) });
  };
  return (
    <form className="admin-form" onSubmit={save}>
      <label className="field">
        {ta('users.name')}
        <input name="name" required maxLength={200} autoComplete="off" defaultValue={user.name} />
      </label>
      <label className="field">
        {ta('users.email')}
        <input name="email" type="email" required maxLength={320} autoComplete="off" defaultValue={user.email} />
      </label>
      <RoleField initial={user.role} />
      <Problem of={update.error} />
      <div className="row">
        <button className="button" disabled={update.isPending}>
          {t('action.save')}
        </button>
        <span className="muted">{ta('users.otherRole')}</span>
      </div>
    </form>
  );
}

function NewPassword({ user, isSelf, onDone }: PartProps & { isSelf: boolean }) {
  const update = useUpdateUser();
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get('password'));
    update.mutate(
      { id: user.id, change: { password } },
      { onSuccess: () => onDone(ta('users.newPasswordSet', { name: user.name })) },
    );
  };
  return (
    <details className="admin-part">
      <summary>{ta('users.setPassword')}</summary>
      <form className="admin-form" onSubmit={save}>
        <PasswordField label={ta('users.newPassword')} />
        <Problem of={update.error} />
        <div className="row">
          <button className="button button-quiet" disabled={update.isPending}>
            {ta('users.setThePassword')}
          </button>
          <span className="muted">{isSelf ? ta('users.youSignedOut') : ta('users.signedOut')}</span>
        </div>
      </form>
    </details>
  );
}

function Deletion({ user, onDone }: PartProps) {
  const remove = useDeleteUser();
  return (
    <>
      <SecondQuestion
        action={ta('users.delete')}
        question={ta('users.deleteAsk', { name: user.name })}
        consequence={ta('users.deleteMeans')}
        confirm={ta('users.deleteIt')}
        keep={ta('users.keep')}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate(user.id, { onSuccess: () => onDone(ta('users.deleted', { name: user.name }), true) })
        }
      />
      <Problem of={remove.error} />
    </>
  );
}
