import type { SessionProfile } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { SESSION_KEY } from '../auth/use-session';
import { FileButton } from '../files/file-button';
import { t } from '../messages';
import { ownPicture } from '../session/own-picture';
import { Problem } from '../ui/problem';
import type { ControlProps } from './controls';
import { ts } from './messages';
import { pictureFrom } from './picture';

/** Changes the own profile: what is not named stays. */
function useChangeProfile({ name, profile_image_url: image, bio, gender, date_of_birth: birth }: SessionProfile) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: { name?: string; profile_image_url?: string }) =>
      call(routes.auths.updateProfile, {
        body: { name, profile_image_url: image, bio, gender, date_of_birth: birth, ...change },
      }),
    onSuccess: ({ name, profile_image_url: address }, { profile_image_url: chosen }) =>
      client.setQueryData<SessionProfile>(
        SESSION_KEY,
        // The address of a picture stays the same: the page would go on with the one before.
        (user) => user && { ...user, name, profile_image_url: chosen ?? address },
      ),
  });
}

export function Name({ id, user }: ControlProps) {
  const change = useChangeProfile(user);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate({ name: String(new FormData(event.currentTarget).get('name') ?? '').trim() });
  };
  return (
    <form className="row" onSubmit={submit} aria-busy={change.isPending}>
      <input id={id} name="name" autoComplete="name" dir="auto" required maxLength={200} defaultValue={user.name} />
      <button className="button button-quiet button-small">{t('action.save')}</button>
      <Outcome error={change.error} done={change.isSuccess ? ts('saved', { name: change.data.name }) : undefined} />
    </form>
  );
}

export function Email({ id, describedBy, user }: ControlProps) {
  return <input id={id} type="email" aria-describedby={describedBy} value={user.email} readOnly />;
}

export function Picture({ id, user }: ControlProps) {
  const change = useChangeProfile(user);
  const [unreadable, setUnreadable] = useState(false);
  const choose = async ([file]: File[]) => {
    if (!file) return;
    const picture = await pictureFrom(file).catch(() => undefined);
    setUnreadable(picture === undefined);
    if (picture !== undefined) change.mutate({ profile_image_url: picture });
  };
  const picture = ownPicture(user);
  return (
    <div id={id} className="row">
      {picture && <img className="account-picture" src={picture} alt="" width={40} height={40} />}
      <FileButton
        className="button button-quiet button-small"
        accept="image/*"
        single
        onFiles={(files) => void choose(files)}
      >
        {ts('picture.choose')}
      </FileButton>
      {picture && (
        <button
          type="button"
          className="button button-quiet button-small"
          onClick={() => change.mutate({ profile_image_url: '/user.png' })}
        >
          {ts('picture.remove')}
        </button>
      )}
      <Outcome error={unreadable ? new Error(ts('picture.unreadable')) : change.error} />
    </div>
  );
}

const PASSWORDS = ['present', 'new', 'again'] as const;

export function Password({ id, user }: ControlProps) {
  const client = useQueryClient();
  const [differ, setDiffer] = useState(false);
  const change = useMutation({
    mutationFn: ({ password, wanted }: { password: string; wanted: string; form: HTMLFormElement }) =>
      call(routes.auths.updatePassword, { body: { password, new_password: wanted } }),
    // The session has ended with all others.
    onSuccess: (_, { form }) => {
      form.reset();
      return client.invalidateQueries({ queryKey: SESSION_KEY });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const [present, wanted, again] = PASSWORDS.map((name) => String(fields.get(name) ?? ''));
    setDiffer(wanted !== again);
    if (wanted === again) change.mutate({ password: present!, wanted: wanted!, form });
  };
  return (
    <form className="password-form" onSubmit={submit} aria-busy={change.isPending}>
      {/* For programs that keep passwords. */}
      <input type="hidden" name="username" autoComplete="username" value={user.email} readOnly />
      {PASSWORDS.map((name, at) => (
        <label key={name} className="field">
          {ts(`password.${name}`)}
          <input
            id={at === 0 ? id : undefined}
            name={name}
            type="password"
            autoComplete={name === 'present' ? 'current-password' : 'new-password'}
            minLength={name === 'present' ? undefined : 8}
            maxLength={1_024}
            required
          />
        </label>
      ))}
      <Outcome
        error={differ ? new Error(ts('password.differ')) : change.error}
        done={change.isSuccess ? ts('password.changed') : undefined}
      />
      <button className="button button-quiet" disabled={change.isPending}>
        {ts('password.change')}
      </button>
    </form>
  );
}

function Outcome({ error, done }: { error: Error | null; done?: string }) {
  if (error) return <Problem of={error} />;
  return done === undefined ? null : (
    <p className="muted" role="status">
      {done}
    </p>
  );
}
