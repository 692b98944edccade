import { type FormEvent, useState } from 'react';
import { IndexState } from '../../knowledge/index-state';
import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { AdminPage } from '../page-parts';
import { keyHint } from '../server-fields';
import { BlobMove } from './blob-move';
import { type DocumentSettings, useDocumentSettings, useEmbedding, useSaveDocumentSettings } from './document-queries';
import { EmbeddingForm } from './embedding-form';
import { changedSettings, hintWords, SETTING_GROUPS, type SettingField } from './setting-fields';
import { VectorMove } from './vector-move';

/** How documents are read and found: the index, the model that embeds them, and the settings. */
export function DocumentsPage() {
  const settings = useDocumentSettings();
  const embedding = useEmbedding();
  return (
    <AdminPage title={ta('page.documents')}>
      <IndexState />
      <section className="admin-section" aria-label={ta('embedding')}>
        <h2>{ta('embedding.title')}</h2>
        {embedding.isPending && <p role="status">{t('page.loading')}</p>}
        <Problem of={embedding.data ? undefined : embedding.error} />
        {embedding.data && <EmbeddingForm embedding={embedding.data} />}
      </section>
      <VectorMove />
      <BlobMove />
      <section className="admin-section" aria-label={ta('documents.settings')}>
        {settings.isPending && <p role="status">{t('page.loading')}</p>}
        <Problem of={settings.data ? undefined : settings.error} />
        {settings.data && <SettingsForm settings={settings.data} />}
      </section>
    </AdminPage>
  );
}

/** Compares with what the form showed at its beginning: what others change meanwhile is no change of this form. */
function SettingsForm({ settings }: { settings: DocumentSettings }) {
  const save = useSaveDocumentSettings();
  const [shown, setShown] = useState(settings);
  const [done, setDone] = useState('');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const change = changedSettings(new FormData(event.currentTarget), shown);
    if (Object.keys(change).length === 0) return setDone(ta('documents.unchanged'));
    setDone('');
    save.mutate(change, {
      onSuccess: (saved) => {
        setShown(saved);
        setDone(ta('documents.followsNow'));
      },
    });
  };
  return (
    <form className="admin-form admin-narrow" onSubmit={submit} onChange={() => setDone('')}>
      {SETTING_GROUPS.map(({ title, fields }) => (
        <fieldset key={title} className="admin-fields">
          <legend>{ta(`group.${title}`)}</legend>
          {fields.map((field) => (
            <Setting
              // Anew when another value was saved.
              key={`${field.name} ${JSON.stringify(shown[field.name])}`}
              field={field}
              value={shown[field.name]}
            />
          ))}
        </fieldset>
      ))}
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

function Setting({ field, value }: { field: SettingField; value: unknown }) {
  const { name } = field;
  const hint = hintWords(name);
  const hintId = hint === undefined ? undefined : `${name}-hint`;
  const common = { id: name, name, 'aria-describedby': hintId };
  return (
    <div className="admin-setting" data-kind={field.kind}>
      <label htmlFor={name}>{ta(`setting.${name}`)}</label>
      <Control field={field} value={value} common={common} />
      {hint !== undefined && (
        <p id={hintId} className="muted">
          {hint}
        </p>
      )}
    </div>
  );
}

interface ControlProps {
  field: SettingField;
  value: unknown;
  common: { id: string; name: string; 'aria-describedby': string | undefined };
}

function Control({ field, value, common }: ControlProps) {
  switch (field.kind) {
    case 'switch':
      return (
        <span className="admin-switch">
          <input {...common} type="checkbox" role="switch" defaultChecked={value === true} />
        </span>
      );
    case 'number':
      return (
        <input
          {...common}
          type="number"
          min={field.min}
          max={field.max}
          step={field.step ?? 1}
          required={!field.isOptional}
          defaultValue={typeof value === 'number' ? value : ''}
        />
      );
    case 'choice': {
      const isKnown = field.choices.some((choice) => choice.value === value);
      return (
        <select {...common} defaultValue={isKnown ? String(value) : ''}>
          {field.choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {ta(choice.words)}
            </option>
          ))}
        </select>
      );
    }
    case 'line':
      return (
        <input
          {...common}
          autoComplete="off"
          maxLength={300}
          pattern={field.pattern}
          defaultValue={String(value ?? '')}
        />
      );
    case 'url':
      return (
        <input
          {...common}
          type="url"
          maxLength={2_000}
          pattern="https?://.+"
          title={ta('address.hint')}
          defaultValue={String(value ?? '')}
        />
      );
    case 'key':
      return (
        <input
          {...common}
          type="password"
          autoComplete="off"
          maxLength={10_000}
          placeholder={keyHint(String(value ?? ''))}
        />
      );
    case 'words':
      return <input {...common} autoComplete="off" defaultValue={Array.isArray(value) ? value.join(', ') : ''} />;
    default:
      return <textarea {...common} rows={4} maxLength={50_000} defaultValue={String(value ?? '')} />;
  }
}
