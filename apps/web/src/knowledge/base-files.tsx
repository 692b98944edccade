import type { FileProgress, KnowledgeFile } from '@perennial/contracts-wire';
import { useDeferredValue, useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import { DropZone } from '../files/drop-zone';
import { FileButton } from '../files/file-button';
import { t } from '../messages';
import { Problem } from '../ui/problem';
import { useQuestion } from '../ui/question';
import { UploadRows, useBaseUploads } from './base-uploads';
import { FileRow } from './file-row';
import { FolderPath } from './folder-path';
import { FolderRow } from './folder-row';
import { useFolderActions } from './folders';
import { useBaseFiles, usePendingFiles, useReindexBase, useRemoveFile, useRetryFile } from './knowledge-queries';
import { tk } from './messages';

/** The files and directories of a base: add, follow, retry, move, remove, read again. */
export function BaseFiles({ baseId, mayWrite }: { baseId: string; mayWrite: boolean }) {
  const [text, setText] = useState('');
  const query = useDeferredValue(text.trim());
  const directoryId = useSearchParams()[0].get('folder');
  const files = useBaseFiles(baseId, query, directoryId);
  const { pending, look } = usePendingFiles(baseId);
  const all = useBaseUploads();
  const uploads = all.of(baseId, directoryId);
  const retry = useRetryFile(baseId);
  const remove = useRemoveFile(baseId);
  const [ask, asked] = useQuestion();
  const reindex = useReindexBase(baseId);
  const folders = useFolderActions(baseId, directoryId, look);
  const items = files.data?.pages.flatMap(({ items }) => items) ?? [];
  const { total = 0, directories = [], breadcrumbs = [] } = files.data?.pages.at(-1) ?? {};
  const failed = items.filter((file) => stateOf(file, pending.get(file.id)?.data).status === 'failed');
  const problem = retry.error ?? remove.error ?? reindex.error ?? (files.data ? null : files.error);

  useEffect(() => all.onUploaded(baseId, directoryId, look), [all, baseId, directoryId, look]);

  const add = (chosen: File[]) => uploads.add(chosen);
  const retryAll = async (ids: string[]) => {
    await Promise.allSettled(ids.map((id) => retry.mutateAsync(id)));
    look();
  };
  const readAgain = () =>
    ask({
      text: tk('knowledge.readAgainAsk'),
      action: tk('knowledge.readAgain'),
      onSure: () => reindex.mutate(undefined, { onSuccess: look }),
    });
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
          <>
            <button type="button" className="button button-quiet" onClick={folders.make}>
              {tk('knowledge.newFolder')}
            </button>
            <FileButton className="button" onFiles={add}>
              {t('action.addFiles')}
            </FileButton>
          </>
        )}
      </div>
      <FolderPath way={breadcrumbs} />
      <Problem of={problem} />
      <UploadRows uploads={uploads} />
      {asked}
      {files.isPending && <p role="status">{t('page.loading')}</p>}
      {files.data && items.length === 0 && directories.length === 0 && (
        <p className="empty-state" role="status">
          {query ? tk('knowledge.noFileMatches', { query }) : tk('knowledge.noFiles')}
        </p>
      )}
      {(items.length > 0 || directories.length > 0) && (
        <div className="row">
          <p className="muted grow" role="status">
            {t('knowledge.fileCount', { count: total })}
            {pending.size > 0 && ` · ${tk('knowledge.onTheWay', { count: pending.size })}`}
          </p>
          {mayWrite && (
            <button
              type="button"
              className="button button-quiet button-small"
              disabled={reindex.isPending}
              onClick={readAgain}
            >
              {tk('knowledge.readAgain')}
            </button>
          )}
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
      {directories.length > 0 && (
        <ul className="document-list" aria-label={tk('knowledge.folders')}>
          {directories.map((folder) => (
            <FolderRow key={folder.id} folder={folder} actions={mayWrite ? folders.ofFolder(folder) : []} />
          ))}
        </ul>
      )}
      <ul className="document-list" aria-label={t('knowledge.files')}>
        {items.map((file) => (
          <FileRow
            key={file.id}
            file={file}
            progress={stateOf(file, pending.get(file.id)?.data)}
            facts={query && file.directory_path ? ` · ${file.directory_path}` : undefined}
            actions={mayWrite ? folders.ofFile(file) : undefined}
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
      {folders.dialog}
    </DropZone>
  );
}

/** News is newer than the loaded list. */
function stateOf({ data }: KnowledgeFile, told: FileProgress | undefined): FileProgress {
  return told ?? { status: data.status ?? 'pending', error: data.error };
}
