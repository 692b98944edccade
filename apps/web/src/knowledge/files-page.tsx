import type { FileItem } from '@perennial/contracts-wire';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { Link } from 'react-router';
import { t } from '../messages';
import { dateText } from '../messages/formats';
import { usePageTitle } from '../messages/page-title';
import { Problem } from '../ui/problem';
import { useQuestion } from '../ui/question';
import { textIn } from '../wire/narrow';
import { FILES_KEY, useFiles } from './file-queries';
import { FileRow } from './file-row';
import { tk } from './messages';

/** All files of the user: those of bases and those of messages. */
export default function FilesPage() {
  const [text, setText] = useState('');
  const query = useDeferredValue(text.trim());
  const files = useFiles(query);
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: (id: string) => call(routes.files.remove, { params: { id } }),
    onSettled: () => client.invalidateQueries({ queryKey: FILES_KEY }),
  });
  const [ask, asked] = useQuestion();
  usePageTitle(t('files.all'));
  const items = files.data?.pages.flatMap(({ items }) => items) ?? [];
  const total = files.data?.pages.at(-1)?.total;
  const problem = remove.error ?? (files.data ? null : files.error);
  const removeFile = ({ id, filename }: FileItem) => {
    ask({
      text: t('files.deleteAsk', { name: filename }),
      action: t('action.delete'),
      onSure: () => remove.mutate(id),
    });
  };
  return (
    <main id="content" className="documents-page" tabIndex={-1}>
      <p>
        <Link to="/knowledge">{tk('knowledge.all')}</Link>
      </p>
      <header className="documents-header">
        <h1>{t('files.all')}</h1>
      </header>
      <label className="field">
        <span className="visually-hidden">{tk('knowledge.searchFiles')}</span>
        <input
          type="search"
          placeholder={tk('knowledge.searchFiles')}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <Problem of={problem} />
      {files.isPending && <p role="status">{t('page.loading')}</p>}
      {files.data && items.length === 0 && (
        <p className="empty-state" role="status">
          {query ? tk('knowledge.noFileMatches', { query }) : t('files.none')}
        </p>
      )}
      {total !== undefined && items.length > 0 && (
        <p className="muted" role="status">
          {t('knowledge.fileCount', { count: total })}
        </p>
      )}
      <ul className="document-list" aria-label={t('knowledge.files')}>
        {items.map((file) => (
          <FileRow
            key={file.id}
            file={file}
            progress={{ status: file.data.status ?? 'completed', error: file.data.error }}
            facts={<Facts file={file} />}
            onDelete={() => removeFile(file)}
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
      {asked}
    </main>
  );
}

/** When it came, and the base that it was put into. */
function Facts({ file: { created_at: at, meta } }: { file: FileItem }) {
  const base = textIn(meta.data, 'knowledge_id');
  return (
    <>
      {` · ${dateText(at * 1_000, { dateStyle: 'medium' })}`}
      {base !== undefined && (
        <>
          {' · '}
          <Link to={`/knowledge/${encodeURIComponent(base)}`}>{t('knowledge.base')}</Link>
        </>
      )}
    </>
  );
}

export { textsLoaded } from './messages';
