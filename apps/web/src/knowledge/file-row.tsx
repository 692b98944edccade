import type { FileItem, FileProgress } from '@perennial/contracts-wire';
import type { ReactNode } from 'react';
import { progressShare, progressWords, sizeWords } from '../files/file-words';
import { originalAddress } from '../files/original-address';
import { ProgressBar } from '../files/progress-bar';
import { t } from '../messages';
import { Icon } from '../ui/icon';
import { Menu, type MenuItem } from '../ui/menu';
import { tk } from './messages';

interface FileRowProps {
  file: Pick<FileItem, 'id' | 'filename' | 'meta'>;
  progress: FileProgress;
  /** More about it. */
  facts?: ReactNode;
  /** What else can be done with it. */
  actions?: readonly MenuItem[];
  onRetry?: () => void;
  onDelete?: () => void;
}

/** A file with its original, its state, and what can be done with it. */
export function FileRow({ file, progress, facts, actions, onRetry, onDelete }: FileRowProps) {
  const { status, error } = progress;
  const underWay = status === 'pending' || status === 'processing';
  return (
    <li className="document-row" data-state={status}>
      <Icon name="file" />
      <div className="document-text">
        <a className="document-name" dir="auto" href={originalAddress(file.id)} target="_blank" rel="noopener">
          {file.filename}
        </a>
        <span className="document-facts muted">
          {sizeWords(file.meta.size)}
          {underWay && ` · ${progressWords(progress)}`}
          {facts}
        </span>
        {underWay && (
          <ProgressBar label={t('file.progress', { name: file.filename })} share={progressShare(progress)} />
        )}
        {status === 'failed' && <span className="document-problem">{error ?? t('error.fileUnreadable')}</span>}
      </div>
      {status === 'failed' && onRetry && (
        <button
          type="button"
          className="button button-quiet button-small"
          aria-label={t('action.retryNamed', { name: file.filename })}
          onClick={onRetry}
        >
          {t('action.retry')}
        </button>
      )}
      {actions && (
        <Menu name={tk('knowledge.moreNamed', { name: file.filename })} className="icon-button" items={actions}>
          <Icon name="more" />
        </Menu>
      )}
      {onDelete && (
        <button
          type="button"
          className="icon-button"
          aria-label={t('action.deleteNamed', { name: file.filename })}
          onClick={onDelete}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}
