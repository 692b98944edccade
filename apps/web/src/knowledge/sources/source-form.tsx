import { type FormEvent, useState } from 'react';
import { t } from '../../messages';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../../ui/problem';
import { tso } from './messages';
import type { NewSource } from './source-queries';
import { intervalChoices } from './source-words';

const KINDS = ['page', 'site', 'sitemap', 'git', 'folder'] as const;
/** How most addresses begin. */
const SCHEME = 'https://';
type Kind = (typeof KINDS)[number];

interface FormProps {
  isAdmin: boolean;
  busy: boolean;
  problem?: string;
  onSave: (source: NewSource) => void;
  onClose: () => void;
}

/** A new source of a base. */
export function SourceForm({ isAdmin, busy, problem, onSave, onClose }: FormProps) {
  const [kind, setKind] = useState<Kind>('page');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSave(sourceFrom(kind, new FormData(event.currentTarget)));
  };
  return (
    <Dialog title={tso('adding')} onClose={onClose}>
      <form className="base-form" onSubmit={submit} aria-busy={busy}>
        <label className="field">
          {tso('kind')}
          <select value={kind} onChange={({ target }) => setKind(target.value as Kind)}>
            {KINDS.filter((each) => isAdmin || each !== 'folder').map((each) => (
              <option key={each} value={each}>
                {tso(`kind.${each}`)}
              </option>
            ))}
          </select>
        </label>
        {kind === 'folder' ? (
          <>
            <label className="field">
              {tso('directory')}
              <input name="directory" required maxLength={100} autoComplete="off" />
            </label>
            <label className="field">
              {tso('path')}
              <input name="path" maxLength={2_000} autoComplete="off" dir="ltr" />
            </label>
          </>
        ) : (
          <label className="field">
            {tso('url')}
            <input name="url" type="url" required maxLength={2_000} placeholder={SCHEME} dir="ltr" />
          </label>
        )}
        {kind === 'git' && (
          <>
            <label className="field">
              {tso('branch')}
              <input name="branch" maxLength={250} autoComplete="off" dir="ltr" />
            </label>
            <label className="field">
              {tso('repositoryPath')}
              <input name="path" maxLength={2_000} autoComplete="off" dir="ltr" />
            </label>
            <label className="field">
              {tso('token')}
              <input name="token" type="password" maxLength={10_000} autoComplete="off" />
            </label>
          </>
        )}
        {kind === 'site' && (
          <label className="field">
            {tso('depth')}
            <input name="depth" type="number" min={1} max={10} defaultValue={3} required />
          </label>
        )}
        {kind !== 'page' && (
          <label className="field">
            {tso('most')}
            <input name="max_documents" type="number" min={1} max={100_000} defaultValue={1_000} required />
          </label>
        )}
        <label className="field">
          {tso('interval')}
          <select name="interval" defaultValue="86400">
            {intervalChoices().map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <Problem of={problem} />
        <div className="row">
          <button className="button" disabled={busy}>
            {tso('add')}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function sourceFrom(kind: Kind, form: FormData): NewSource {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const number = (name: string) => (text(name) === '' ? undefined : Number(text(name)));
  const limits = {
    max_documents: kind === 'page' ? 1 : number('max_documents'),
    interval: number('interval') ?? null,
  };
  switch (kind) {
    case 'folder':
      return { type: 'folder', directory: text('directory'), path: text('path'), ...limits };
    case 'git': {
      const place = { url: text('url'), branch: text('branch'), path: text('path') };
      return { type: 'git', ...place, token: text('token'), ...limits };
    }
    default:
      return {
        type: 'web',
        mode: kind,
        url: text('url'),
        ...(kind === 'site' && { depth: number('depth') }),
        ...limits,
      };
  }
}
