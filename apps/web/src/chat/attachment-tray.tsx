import { uploadShare, uploadWords } from '../files/file-words';
import { ProgressBar } from '../files/progress-bar';
import type { Upload, UploadList } from '../files/upload-list';
import { t } from '../messages';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';
import { type Draft, lackWords } from './draft';

/** The message's attachments with their progress, and what a message that is sent now would lack. */
export function AttachmentTray({ draft }: { draft: Draft }) {
  const uploads = useStore(draft.uploads.items);
  const bases = useStore(draft.bases);
  if (uploads.length + bases.length === 0) return null;
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
        {uploads.map((upload) => (
          <UploadChip key={upload.key} upload={upload} uploads={draft.uploads} />
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

function UploadChip({ upload, uploads }: { upload: Upload; uploads: UploadList }) {
  const { key, name, state } = upload;
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
