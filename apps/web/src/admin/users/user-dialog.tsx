import type { UserRow } from '@perennial/contracts-wire';
import type { FormEvent } from 'react';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../page-parts';
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
  return (
    <Dialog title={user.name} onClose={onClose}>
      <p className="muted">
        Joined {dateWords(user.created_at)}, last active {sinceWords(user.last_active_at)}
        {user.placement ? `, data in ${user.placement}` : ''}.
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
    update.mutate({ id: user.id, change }, { onSuccess: () => onDone(`${name} is saved.`) });
  };
  return (
    <form className="admin-form" onSubmit={save}>
      <label className="field">
        Name
        <input name="name" required maxLength={200} autoComplete="off" defaultValue={user.name} />
      </label>
      <label className="field">
        E-mail
        <input name="email" type="email" required maxLength={320} autoComplete="off" defaultValue={user.email} />
      </label>
      <RoleField initial={user.role} />
      <Problem error={update.error} />
      <div className="row">
        <button className="button" disabled={update.isPending}>
          Save
        </button>
        <span className="muted">Another role signs this person out everywhere.</span>
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
      { onSuccess: () => onDone(`${user.name} has a new password, and is signed out everywhere.`) },
    );
  };
  return (
    <details className="admin-part">
      <summary>Set a new password</summary>
      <form className="admin-form" onSubmit={save}>
        <PasswordField label="New password" />
        <Problem error={update.error} />
        <div className="row">
          <button className="button button-quiet" disabled={update.isPending}>
            Set the password
          </button>
          <span className="muted">{isSelf ? 'You are' : 'This person is'} signed out everywhere.</span>
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
        action="Delete this account…"
        question={`Delete ${user.name} for good?`}
        consequence="All chats, files and knowledge bases of this person go too. Nothing brings them back."
        confirm="Delete for good"
        keep="Keep the account"
        busy={remove.isPending}
        onConfirm={() => remove.mutate(user.id, { onSuccess: () => onDone(`${user.name} was deleted.`, true) })}
      />
      <Problem error={remove.error} />
    </>
  );
}
