import { uploadShare, uploadWords } from '../files/file-words';
import { ProgressBar } from '../files/progress-bar';
import type { Upload } from '../files/upload-list';
import { t } from '../messages';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';
import { type Draft, lackWords } from './draft';

/** The message's attachments with their progress, and what a message that is sent now would lack. */
export function AttachmentTray({ draft }: { draft: Draft }) {
  const uploads = useStore(draft.uploads.items);
  const bases = useStore(draft.bases);
  const pictures = useStore(draft.pictures);
  if (uploads.length + bases.length + pictures.length === 0) return null;
  const lack = lackWords(uploads);
  return (
    <div className="tray">
      <ul aria-label={t('box.attached')}>
        {bases.map(({ id, name }) => (
          <li key={id} className="chip">
            <Icon name="books" />
            <span className="chip-text">
              <span className="chip-name" dir="auto">
                {name}
              </span>
              <span className="chip-state">{t('knowledge.base')}</span>
            </span>
            <RemoveButton name={name} onClick={() => draft.drop(id)} />
          </li>
        ))}
        {pictures.map(({ key, name, url }) => (
          <li key={key} className="chip chip-picture">
            <img src={url} alt={name} title={name} />
            <RemoveButton name={name} onClick={() => draft.dropPicture(key)} />
          </li>
        ))}
        {uploads.map((upload) => (
          <UploadChip key={upload.key} upload={upload} draft={draft} />
        ))}
      </ul>
      {lack && (
        <p className="tray-lack" role="status">
          {lack}
        </p>
      )}
    </div>
  );
}

function UploadChip({ upload, draft }: { upload: Upload; draft: Draft }) {
  const { key, name, state, pasted } = upload;
  const { uploads } = draft;
  const underWay = state === 'uploading' || state === 'reading';
  return (
    <li className="chip" data-state={state}>
      <Icon name="file" />
      <span className="chip-text">
        <span className="chip-name" dir="auto" title={name}>
          {name}
        </span>
        <span className="chip-state" role={state === 'failed' ? 'alert' : undefined}>
          {uploadWords(upload)}
        </span>
        {underWay && <ProgressBar label={t('file.progress', { name })} share={uploadShare(upload)} />}
      </span>
      {state === 'failed' && (
        <button
          type="button"
          className="button button-quiet button-small"
          aria-label={t('action.retryNamed', { name })}
          onClick={() => void uploads.retry(key)}
        >
          {t('action.retry')}
        </button>
      )}
      {pasted && (
        <button
          type="button"
          className="button button-quiet button-small"
          onClick={() => draft.putBack(key).catch((error: Error) => draft.problem.set(error.message))}
        >
          {t('box.asText')}
        </button>
      )}
      <RemoveButton name={name} onClick={() => uploads.remove(key)} />
    </li>
  );
}

function RemoveButton({ name, onClick }: { name: string; onClick: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={t('action.remove', { name })} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
