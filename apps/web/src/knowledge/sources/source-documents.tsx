import type { KnowledgeSource, SourceDocument } from '@perennial/contracts-wire';
import { useState } from 'react';
import { originalAddress } from '../../files/original-address';
import { t } from '../../messages';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../../ui/problem';
import { tso } from './messages';
import { DOCUMENT_STATUSES, type DocumentStatus, useSourceDocuments } from './source-queries';
import { nameOf } from './source-words';

interface DocumentsProps {
  baseId: string;
  source: KnowledgeSource;
  onClose: () => void;
}

/** What a source has found, and what became of each. */
export function SourceDocuments({ baseId, source, onClose }: DocumentsProps) {
  const [status, setStatus] = useState<DocumentStatus>();
  const documents = useSourceDocuments(baseId, source.id, status);
  const items = documents.data?.pages.flat() ?? [];
  return (
    <Dialog title={tso('documents.of', { name: nameOf(source) })} onClose={onClose}>
      <label className="row">
        {tso('documents.show')}
        <select
          value={status ?? ''}
          onChange={({ target }) => setStatus(DOCUMENT_STATUSES.find((each) => each === target.value))}
        >
          <option value="">{tso('documents.all')}</option>
          {DOCUMENT_STATUSES.map((each) => (
            <option key={each} value={each}>
              {tso(`document.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <Problem of={documents.error} />
      {documents.isPending && <p role="status">{t('page.loading')}</p>}
      {documents.data && items.length === 0 && <p role="status">{tso('documents.none')}</p>}
      <ul className="document-list" aria-label={tso('documents')}>
        {items.map((document) => (
          <DocumentRow key={document.address} document={document} />
        ))}
      </ul>
      {documents.hasNextPage && (
        <button type="button" className="button button-quiet" onClick={() => void documents.fetchNextPage()}>
          {t('action.more')}
        </button>
      )}
    </Dialog>
  );
}

function DocumentRow({ document }: { document: SourceDocument }) {
  const { address, status, message, file_id: fileId, file_error: fileError } = document;
  const words = DOCUMENT_STATUSES.find((each) => each === status);
  const reason = message ?? fileError;
  return (
    <li className="document-row" data-state={status === 'failed' || fileError !== null ? 'failed' : undefined}>
      <div className="document-text">
        {fileId === null ? (
          <span className="document-address" dir="ltr">
            {address}
          </span>
        ) : (
          <a className="document-name" dir="ltr" href={originalAddress(fileId)} target="_blank" rel="noopener">
            {address}
          </a>
        )}
        <span className="document-facts muted">{words === undefined ? status : tso(`document.${words}`)}</span>
        {reason !== null && <span className="document-problem">{reason}</span>}
      </div>
    </li>
  );
}
