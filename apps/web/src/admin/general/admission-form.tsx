import type { AdminConfig } from '@perennial/contracts-wire';
import { type FormEvent, useState } from 'react';
import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { chosenRole, RoleField } from '../users/role-field';
import { type GeneralChange, useSaveGeneral } from './general-queries';

/** Whether people may make accounts themselves, with which role they begin, and what they read until they are let in. */
export function AdmissionForm({ general }: { general: AdminConfig }) {
  const save = useSaveGeneral();
  // What others save meanwhile does not replace what is typed here.
  const [shown, setShown] = useState(general);
  const [isOpen, setIsOpen] = useState(general.ENABLE_SIGNUP);
  const [role, setRole] = useState(general.DEFAULT_USER_ROLE);
  const [done, setDone] = useState('');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const wanted = {
      ENABLE_SIGNUP: isOpen,
      DEFAULT_USER_ROLE: chosenRole(form),
      PENDING_USER_OVERLAY_TITLE: String(form.get('title')).trim(),
      PENDING_USER_OVERLAY_CONTENT: String(form.get('content')).trim(),
    };
    const change: GeneralChange = Object.fromEntries(
      Object.entries(wanted).filter(([name, value]) => shown[name] !== value),
    );
    if (Object.keys(change).length === 0) return setDone(ta('documents.unchanged'));
    setDone('');
    save.mutate(change, {
      onSuccess: (saved) => {
        setShown(saved);
        setDone(ta('saved'));
      },
    });
  };
  return (
    <form
      className="admin-form admin-narrow"
      onSubmit={submit}
      onChange={(event) => {
        setDone('');
        setRole(chosenRole(new FormData(event.currentTarget)));
      }}
    >
      <div className="admin-setting" data-kind="switch">
        <label htmlFor="sign-up">{ta('admission.open')}</label>
        <span className="admin-switch">
          <input
            id="sign-up"
            type="checkbox"
            role="switch"
            aria-describedby="sign-up-means"
            checked={isOpen}
            onChange={({ target }) => setIsOpen(target.checked)}
          />
        </span>
        <p id="sign-up-means" className="muted">
          {isOpen ? ta('admission.openMeans') : ta('admission.closedMeans')}
        </p>
      </div>
      <RoleField legend={ta('admission.role')} initial={shown.DEFAULT_USER_ROLE} />
      {isOpen && role !== 'pending' && (
        <p className="admin-warning" role="alert">
          {role === 'admin' ? ta('admission.warnAdmin') : ta('admission.warnUser')}
        </p>
      )}
      <fieldset className="admin-fields">
        <legend>{ta('admission.waiting')}</legend>
        <label className="field">
          {ta('notices.title')}
          <input name="title" dir="auto" maxLength={1_000} defaultValue={shown.PENDING_USER_OVERLAY_TITLE} />
        </label>
        <label className="field">
          {ta('notices.text')}
          <textarea
            name="content"
            dir="auto"
            rows={3}
            maxLength={20_000}
            aria-describedby="waiting-means"
            defaultValue={shown.PENDING_USER_OVERLAY_CONTENT}
          />
        </label>
        <p id="waiting-means" className="muted">
          {ta('admission.waitingMeans')}
        </p>
      </fieldset>
      <Problem of={save.error} />
      <div className="row">
        <button className="button" disabled={save.isPending}>
          {t('action.save')}
        </button>
        <span role="status">{done}</span>
      </div>
    </form>
  );
}
