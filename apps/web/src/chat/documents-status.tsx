import type { MessageStatus } from '@perennial/contracts-wire';
import { t } from '../messages';

/** One line about an answer before it begins. */
export interface StatusLine {
  text: string;
  /** Something went wrong. */
  warning: boolean;
}

/** Status lines: the place of an answer that waits, the progress of its documents, and their result afterwards. */
export function statusLines(statuses: readonly MessageStatus[], writing: boolean): StatusLine[] {
  const lines = statuses.flatMap(({ action, count = 0, description }): StatusLine[] => {
    if (action === 'sources_retrieved') {
      const found = count === 0 ? t('documents.foundNone') : t('documents.found', { count });
      return [{ text: found, warning: false }];
    }
    if (action === 'documents_unavailable') {
      return [{ text: description ?? t('documents.unavailable'), warning: true }];
    }
    return [];
  });
  const waiting = statuses.findLast(({ action }) => action === 'queued');
  if (writing && waiting && !waiting.done && statuses.at(-1) === waiting) {
    return [{ text: waiting.description ?? t('answer.waitsForPlace'), warning: false }];
  }
  const searching = writing && lines.length === 0 && statuses.some(({ action }) => action === 'queries_generated');
  return searching ? [{ text: t('documents.searching'), warning: false }] : lines;
}

export function DocumentsStatus({ statuses, writing }: { statuses: readonly MessageStatus[]; writing: boolean }) {
  const lines = statusLines(statuses, writing);
  if (lines.length === 0) return null;
  return (
    <div className="documents-status" role="status">
      {lines.map(({ text, warning }) => (
        <p key={text} className={warning ? 'documents-warning' : 'muted'}>
          {text}
        </p>
      ))}
    </div>
  );
}
