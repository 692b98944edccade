import { to } from '../chat/organise/messages';
import { t } from '../messages';
import { useCloseRequest } from '../ui/close-request';

interface BarProps {
  /** Of the chosen chats. */
  count: number;
  onTag: () => void;
  onArchive: () => void;
  onDelete: () => void;
  onEnd: () => void;
}

/** What can be done with several chats at once, above their list. */
export default function SelectionBar({ count, onTag, onArchive, onDelete, onEnd }: BarProps) {
  useCloseRequest(true, onEnd);
  return (
    <div className="selection-bar" role="group" aria-label={t('chats.several')}>
      <span role="status">{t('chats.chosen', { count })}</span>
      <button type="button" className="button button-quiet button-small" disabled={count === 0} onClick={onTag}>
        {to('tag.all')}
      </button>
      <button type="button" className="button button-quiet button-small" disabled={count === 0} onClick={onArchive}>
        {t('chats.archive')}
      </button>
      <button
        type="button"
        className="button button-quiet button-small button-danger"
        disabled={count === 0}
        onClick={onDelete}
      >
        {t('action.delete')}
      </button>
      <button type="button" className="button button-quiet button-small" onClick={onEnd}>
        {t('action.cancel')}
      </button>
    </div>
  );
}

export { textsLoaded } from '../chat/organise/messages';
