import { call, routes } from '@perennial/web-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { CONFIG_KEY, useConfig } from '../house/use-config';
import { t } from '../messages';
import { HOUSE } from '../messages/page-title';
import { useStore } from '../state/store';
import { LanguageField } from '../ui/language-field';
import { Problem } from '../ui/problem';
import { SESSION_KEY } from './use-session';

/** Signs in, or creates an account; the first account of an installation becomes its administrator. */
export function SignInPage() {
  const client = useQueryClient();
  const config = useConfig();
  const house = useStore(HOUSE);
  const [wantsAccount, setWantsAccount] = useState(false);
  const onboarding = config.data?.onboarding === true;
  const mayRegister = onboarding || config.data?.features.enable_signup === true;
  const registering = onboarding || (wantsAccount && mayRegister);

  const enter = useMutation({
    mutationFn: (form: { name: string; email: string; password: string; setup_secret?: string }) =>
      registering
        ? call(routes.auths.signUp, { body: form })
        : call(routes.auths.signIn, { body: { email: form.email, password: form.password } }),
    onSuccess: () => {
      // It says more with a session.
      client.removeQueries({ queryKey: CONFIG_KEY });
      return client.invalidateQueries({ queryKey: SESSION_KEY });
    },
  });
  const { reset } = enter;
  useEffect(() => reset(), [registering, reset]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name) ?? '');
    const secret = field('setup_secret');
    enter.mutate({
      name: field('name'),
      email: field('email'),
      password: field('password'),
      ...(secret === '' ? {} : { setup_secret: secret }),
    });
  };

  return (
    <main className="sign-in">
      <form onSubmit={submit} aria-busy={enter.isPending}>
        <img src="/favicon.svg" alt="" width={40} height={40} />
        <h1>{registering ? t('signIn.createTitle') : t('signIn.title', { house })}</h1>
        {onboarding && <p>{t('signIn.first')}</p>}
        {registering && (
          <label className="field">
            {t('signIn.name')}
            <input name="name" autoComplete="name" required maxLength={200} autoFocus />
          </label>
        )}
        <label className="field">
          {t('signIn.email')}
          <input name="email" type="email" autoComplete="username" required autoFocus={!registering} />
        </label>
        <label className="field">
          {t('signIn.password')}
          <input
            name="password"
            type="password"
            autoComplete={registering ? 'new-password' : 'current-password'}
            minLength={registering ? 8 : undefined}
            required
          />
        </label>
        {registering && config.data?.setup_secret && (
          <label className="field">
            {t('signIn.secret')}
            <input name="setup_secret" autoComplete="off" required maxLength={200} />
          </label>
        )}
        <Problem of={enter.error} />
        <button className="button" disabled={enter.isPending}>
          {registering ? t('signIn.create') : t('signIn')}
        </button>
        {mayRegister && !onboarding && (
          <button type="button" className="button button-quiet" onClick={() => setWantsAccount(!registering)}>
            {registering ? t('signIn.haveOne') : t('signIn.createOne')}
          </button>
        )}
      </form>
      <p className="sign-in-language">
        <label className="visually-hidden" htmlFor="language">
          {t('settings.language')}
        </label>
        <LanguageField id="language" />
      </p>
    </main>
  );
}
