import type { SessionProfile } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { t } from '../messages';
import { Dialog } from '../ui/dialog';
import { Problem } from '../ui/problem';
import { leaveSession, SESSION_KEY } from './use-session';

/** The session has ended by itself: its person signs in again above the page, and goes on where she was. */
export default function SignInAgain({ user }: { user: SessionProfile }) {
  const client = useQueryClient();
  const enter = useMutation({
    mutationFn: (password: string) => call(routes.auths.signIn, { body: { email: user.email, password } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: SESSION_KEY });
      // What was refused meanwhile is asked for again.
      void client.invalidateQueries();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    enter.mutate(String(new FormData(event.currentTarget).get('password') ?? ''));
  };
  return (
    <Dialog title={t('signIn.again')} className="sign-in-again">
      <form onSubmit={submit} aria-busy={enter.isPending}>
        <p>{t('signIn.againHint')}</p>
        <label className="field">
          {t('signIn.email')}
          <input name="email" type="email" autoComplete="username" value={user.email} readOnly />
        </label>
        <label className="field">
          {t('signIn.password')}
          <input name="password" type="password" autoComplete="current-password" required ref={focusFirst} />
        </label>
        <Problem of={enter.error} />
        <div className="row">
          <button className="button" disabled={enter.isPending}>
            {t('signIn')}
          </button>
          <button type="button" className="button button-quiet" onClick={() => leaveSession(client)}>
            {t('signIn.other')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** A dialog gives the focus to what says so in the document. */
function focusFirst(field: HTMLElement | null): void {
  field?.setAttribute('autofocus', '');
}
