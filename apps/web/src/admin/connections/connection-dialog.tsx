import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { t } from '../../messages';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { SecondQuestion } from '../second-question';
import { AddressField, KeyInput } from '../server-fields';
import { type Connection, type Kind } from './connection';
import { modelsAt } from './connection-queries';

interface ConnectionDialogProps {
  kind: Kind;
  /** Undefined: a new one. */
  initial: Connection | undefined;
  busy: boolean;
  error: Error | null;
  onSave: (connection: Connection) => void;
  onRemove: () => void;
  onClose: () => void;
}

/** A connection's address, key and limits, with a test before it is saved. */
export function ConnectionDialog({ kind, initial, busy, error, onSave, onRemove, onClose }: ConnectionDialogProps) {
  const form = useRef<HTMLFormElement>(null);
  const test = useMutation({ mutationFn: (connection: Connection) => modelsAt(kind, connection) });
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSave(connectionFrom(new FormData(event.currentTarget), initial));
  };
  const tryIt = () => {
    if (form.current?.reportValidity()) test.mutate(connectionFrom(new FormData(form.current), initial));
  };
  const { options = {}, url = '', key = '' } = initial ?? {};
  return (
    <Dialog
      title={initial ? ta('connection') : ta('connection.new', { kind: ta(`connection.kind.${kind}`) })}
      onClose={onClose}
    >
      <form ref={form} className="admin-form" onSubmit={save}>
        <AddressField
          value={url}
          placeholder={kind === 'openai' ? 'https://api.openai.com/v1' : 'http://127.0.0.1:11434'}
        />
        <KeyField saved={key} />
        <label className="admin-check">
          <input type="checkbox" name="enable" defaultChecked={options.enable !== false} />
          {ta('connection.use')}
        </label>
        <details className="admin-part">
          <summary>{ta('connection.limits')}</summary>
          <div className="admin-form">
            <label className="field">
              {ta('connection.prefix')}
              <input name="prefix_id" maxLength={100} autoComplete="off" defaultValue={options.prefix_id} />
            </label>
            <NumberField
              name="max_concurrency"
              label={ta('connection.atOnce')}
              max={100_000}
              value={options.max_concurrency}
            />
            <NumberField
              name="requests_per_minute"
              label={ta('connection.perMinute')}
              max={1_000_000}
              value={options.requests_per_minute}
            />
          </div>
        </details>
        <p role="status">
          {test.isPending && ta('connection.asking')}
          {test.data && answered(test.data)}
        </p>
        <Problem of={test.error ?? error} />
        <div className="row">
          <button className="button" disabled={busy}>
            {t('action.save')}
          </button>
          <button type="button" className="button button-quiet" disabled={test.isPending} onClick={tryIt}>
            {ta('test')}
          </button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
        </div>
      </form>
      {initial && (
        <SecondQuestion
          action={ta('connection.remove')}
          question={ta('connection.removeAsk', { name: initial.url })}
          consequence={ta('connection.removeMeans')}
          confirm={ta('connection.removeIt')}
          keep={ta('connection.keep')}
          busy={busy}
          onConfirm={onRemove}
        />
      )}
    </Dialog>
  );
}

/** A key that is typed, kept or taken away. The one that is saved is not known here. */
function KeyField({ saved }: { saved: string }) {
  const [isKept, setKept] = useState(saved !== '');
  if (isKept) {
    return (
      <div className="admin-with-button">
        <input type="hidden" name="kept" value={saved} />
        <p className="grow">{ta('key.saved')}</p>
        <button type="button" className="button button-quiet button-small" onClick={() => setKept(false)}>
          {ta('key.enterAnother')}
        </button>
      </div>
    );
  }
  return <KeyInput placeholder={saved === '' ? ta('none') : ta('key.noneFromNow')} />;
}

function NumberField({
  name,
  label,
  max,
  value,
}: {
  name: string;
  label: string;
  max: number;
  value: number | null | undefined;
}) {
  return (
    <label className="field">
      {label}
      <input
        name={name}
        type="number"
        min={1}
        max={max}
        placeholder={ta('connection.noLimit')}
        defaultValue={value ?? ''}
      />
    </label>
  );
}

function answered(models: readonly string[]): string {
  const names = `${models.slice(0, 3).join(', ')}${models.length > 3 ? ' …' : ''}`;
  return models.length === 0 ? ta('connection.answersNone') : ta('connection.answers', { count: models.length, names });
}

/** What the form says; options that it does not show stay as they are. */
function connectionFrom(form: FormData, initial: Connection | undefined): Connection {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const number = (name: string) => (text(name) === '' ? null : Number(text(name)));
  return {
    // As the server saves it, or a saved key would be taken for one of another address.
    url: text('url').replace(/\/+$/, ''),
    key: form.has('kept') ? String(form.get('kept')) : text('key'),
    options: {
      ...initial?.options,
      enable: form.has('enable'),
      prefix_id: text('prefix_id'),
      max_concurrency: number('max_concurrency'),
      requests_per_minute: number('requests_per_minute'),
    },
  };
}
