import type { FileProgress, KnowledgeFile } from '@perennial/contracts-wire';
import { useDeferredValue, useEffect, useState } from 'react';
import { DropZone } from '../files/drop-zone';
import { FileButton } from '../files/file-button';
import { t } from '../messages';
import { useQuestion } from '../ui/question';
import { UploadRows, useBaseUploads } from './base-uploads';
import { FileRow } from './file-row';
import { useBaseFiles, usePendingFiles, useRemoveFile, useRetryFile } from './knowledge-queries';
import { tk } from './messages';

/** The files of a base: add, follow, retry, remove. */
export function BaseFiles({ baseId, mayWrite }: { baseId: string; mayWrite: boolean }) {
  const [text, setText] = useState('');
  const query = useDeferredValue(text.trim());
  const files = useBaseFiles(baseId, query);
  const { pending, look } = usePendingFiles(baseId);
  const all = useBaseUploads();
  const uploads = all.of(baseId);
  const retry = useRetryFile(baseId);
  const remove = useRemoveFile(baseId);
  const [ask, asked] = useQuestion();
  const items = files.data?.pages.flatMap(({ items }) => items) ?? [];
  const total = files.data?.pages.at(-1)?.total ?? 0;
  const failed = items.filter((file) => stateOf(file, pending.get(file.id)?.data).status === 'failed');
  const problem = retry.error ?? remove.error ?? (files.data ? null : files.error);

  useEffect(() => all.onUploaded(baseId, look), [all, baseId, look]);

  const add = (chosen: File[]) => uploads.add(chosen);
  const retryAll = async (ids: string[]) => {
    await Promise.allSettled(ids.map((id) => retry.mutateAsync(id)));
    look();
  };
  const removeFile = ({ id, filename }: KnowledgeFile) => {
    const text = tk('knowledge.deleteFileAsk', { name: filename });
    ask({ text, action: t('action.delete'), onSure: () => remove.mutate(id) });
  };

  return (
    <DropZone className="base-files" hint={tk('knowledge.drop')} onFiles={mayWrite ? add : () => undefined}>
      <div className="row">
        <label className="field grow">
          <span className="visually-hidden">{tk('knowledge.searchFiles')}</span>
          <input
            type="search"
            placeholder={tk('knowledge.searchFiles')}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </label>
        {mayWrite && (
          <FileButton className="button" onFiles={add}>
            {t('action.addFiles')}
          </FileButton>
        )}
      </div>
      {problem && (
        <p className="problem" role="alert">
          {problem.message}
        </p>
      )}
      <UploadRows uploads={uploads} />
      {asked}
      {files.isPending && <p role="status">{t('page.loading')}</p>}
      {files.data && items.length === 0 && (
        <p className="empty-state" role="status">
          {query ? tk('knowledge.noFileMatches', { query }) : tk('knowledge.noFiles')}
        </p>
      )}
      {items.length > 0 && (
        <div className="row">
          <p className="muted grow" role="status">
            {t('knowledge.fileCount', { count: total })}
            {pending.size > 0 && ` · ${tk('knowledge.onTheWay', { count: pending.size })}`}
          </p>
          {failed.length > 1 && (
            <button
              type="button"
              className="button button-quiet button-small"
              onClick={() => void retryAll(failed.map(({ id }) => id))}
            >
              {tk('knowledge.retryFailed', { count: failed.length })}
            </button>
          )}
        </div>
      )}
      <ul className="document-list" aria-label={t('knowledge.files')}>
        {items.map((file) => (
          <FileRow
            key={file.id}
            file={file}
            progress={stateOf(file, pending.get(file.id)?.data)}
            onRetry={mayWrite ? () => void retryAll([file.id]) : undefined}
            onDelete={mayWrite ? () => removeFile(file) : undefined}
          />
        ))}
      </ul>
      {files.hasNextPage && (
        <button
          type="button"
          className="button button-quiet"
          disabled={files.isFetchingNextPage}
          onClick={() => void files.fetchNextPage()}
        >
          {tk('knowledge.moreFiles')}
        </button>
      )}
    </DropZone>
  );
}

/** News is newer than the loaded list. */
function stateOf({ data }: KnowledgeFile, told: FileProgress | undefined): FileProgress {
  return told ?? { status: data.status ?? 'pending', error: data.error };
}
