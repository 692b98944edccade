import { ApiError, call, routes } from '@perennial/web-client';
import { useQuery } from '@tanstack/react-query';
import { originalAddress } from '../../files/original-address';
import { t } from '../../messages';
import { Dialog } from '../../ui/dialog';
import { type CitedDocument, clockText, type Passage, placesWords } from './citations';

interface SourceListProps {
  documents: readonly CitedDocument[];
  onOpen: (document: CitedDocument) => void;
}

/** The documents that an answer used, with their numbers. */
export function SourceList({ documents, onOpen }: SourceListProps) {
  if (documents.length === 0) return null;
  return (
    <section className="sources" aria-label={t('sources')}>
      <ol>
        {documents.map((document) => {
          const places = placesWords(document.passages);
          return (
            <li key={document.number}>
              <button type="button" onClick={() => onOpen(document)}>
                <span className="source-number">{document.number}</span>
                <span className="source-name" dir="auto">
                  {document.name}
                </span>
                {places && <span className="muted">{places}</span>}
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The passages of a document that the answer used, and a link to the original at its page. */
export function SourceDialog({ document, onClose }: { document: CitedDocument; onClose: () => void }) {
  const { number, name, fileId, passages } = document;
  const file = useQuery({
    queryKey: ['file', fileId],
    queryFn: () => call(routes.files.get, { params: { id: fileId! } }),
    enabled: fileId !== undefined,
  });
  const gone = file.error instanceof ApiError && file.error.status === 404;
  return (
    <Dialog title={`${number}. ${name}`} onClose={onClose}>
      <p className="muted">
        {t('source.passages', { count: passages.length })}
        {gone && ` ${t('source.originalGone')}`}
      </p>
      {passages.map((passage, at) => (
        <figure key={at} className="passage">
          <figcaption>
            <span>{[placeWords(passage), ...passage.headings].filter(Boolean).join(' › ')}</span>
            {fileId !== undefined && !gone && (
              <a href={originalAddress(fileId, passage)} target="_blank" rel="noopener">
                {openWords(passage)}
              </a>
            )}
          </figcaption>
          <blockquote dir="auto">{passage.text}</blockquote>
        </figure>
      ))}
    </Dialog>
  );
}

function placeWords({ page, startSeconds }: Passage): string | undefined {
  if (page !== undefined) return t('source.page', { page });
  return startSeconds === undefined ? undefined : t('source.at', { time: clockText(startSeconds) });
}

function openWords({ page, startSeconds }: Passage): string {
  if (page !== undefined) return t('source.openAt', { page });
  return startSeconds === undefined ? t('source.open') : t('source.openAtTime', { time: clockText(startSeconds) });
}
