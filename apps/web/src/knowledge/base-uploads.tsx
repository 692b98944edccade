import { createContext, type ReactNode, useContext, useState } from 'react';
import { uploadShare, uploadWords } from '../files/file-words';
import { ProgressBar } from '../files/progress-bar';
import { UploadList } from '../files/upload-list';
import { uploadServer } from '../files/upload-server';
import { t } from '../messages';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';

/** Called when a file was uploaded. */
type Listener = () => void;

/** The uploads into each directory of a base; they continue while another page is shown. */
class BaseUploads {
  private readonly byPlace = new Map<string, { list: UploadList; listeners: Set<Listener> }>();

  /** @param directoryId null: the top level */
  of(baseId: string, directoryId: string | null): UploadList {
    return this.entry(baseId, directoryId).list;
  }

  onUploaded(baseId: string, directoryId: string | null, listener: Listener): () => void {
    const { listeners } = this.entry(baseId, directoryId);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  private entry(baseId: string, directoryId: string | null) {
    const key = `${baseId} ${directoryId ?? ''}`;
    const known = this.byPlace.get(key);
    if (known) return known;
    const listeners = new Set<Listener>();
    const onUploaded = () => listeners.forEach((listener) => listener());
    const entry = { list: new UploadList(uploadServer, { knowledgeId: baseId, directoryId, onUploaded }), listeners };
    this.byPlace.set(key, entry);
    return entry;
  }
}

const BaseUploadsContext = createContext(new BaseUploads());

/** Keeps the uploads of the signed-in user. */
export function BaseUploadsProvider({ children }: { children: ReactNode }) {
  const [uploads] = useState(() => new BaseUploads());
  return <BaseUploadsContext value={uploads}>{children}</BaseUploadsContext>;
}

export function useBaseUploads(): BaseUploads {
  return useContext(BaseUploadsContext);
}

/** Files that this browser is sending into a base. */
export function UploadRows({ uploads }: { uploads: UploadList }) {
  const items = useStore(uploads.items);
  if (items.length === 0) return null;
  return (
    <ul className="document-list" aria-label={t('knowledge.uploads')}>
      {items.map((upload) => (
        <li key={upload.key} className="document-row" data-state={upload.state}>
          <Icon name="file" />
          <div className="document-text">
            <span className="document-name" dir="auto">
              {upload.name}
            </span>
            <span className="document-facts" role={upload.state === 'failed' ? 'alert' : undefined}>
              {uploadWords(upload)}
            </span>
            {upload.state === 'uploading' && (
              <ProgressBar label={t('file.progress', { name: upload.name })} share={uploadShare(upload)} />
            )}
          </div>
          {upload.state === 'failed' && (
            <button
              type="button"
              className="button button-quiet button-small"
              aria-label={t('action.retryNamed', { name: upload.name })}
              onClick={() => void uploads.retry(upload.key)}
            >
              {t('action.retry')}
            </button>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label={t('action.remove', { name: upload.name })}
            onClick={() => uploads.remove(upload.key)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}
