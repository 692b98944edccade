import { t } from '../messages';
import { useStore } from '../state/store';
import { Icon } from '../ui/icon';
import { Menu } from '../ui/menu';
import type { Draft } from './draft';

interface WaitingProps {
  draft: Draft;
  /** Ends the answer that is being written, so that the first of them is sent. */
  onNow?: () => void;
}

/** Messages that are sent when the answer that is being written has ended. */
export function WaitingMessages({ draft, onNow }: WaitingProps) {
  const waiting = useStore(draft.waiting);
  if (waiting.length === 0) return null;
  return (
    <div className="waiting-messages" role="group" aria-label={t('box.sentAfter')}>
      <ol>
        {waiting.map((message, at) => (
          <li key={at}>
            <span dir="auto">{message}</span>
            <Menu
              name={t('box.waitingActions', { place: at + 1 })}
              className="icon-button"
              items={[
                { name: t('action.edit'), icon: <Icon name="edit" />, onChoose: () => draft.editWaiting(at) },
                ...(at === 0
                  ? []
                  : [{ name: t('box.earlier'), icon: <Icon name="up" />, onChoose: () => draft.hurryWaiting(at) }]),
                {
                  name: t('action.delete'),
                  icon: <Icon name="trash" />,
                  danger: true,
                  onChoose: () => draft.dropWaiting(at),
                },
              ]}
            >
              <Icon name="more" />
            </Menu>
          </li>
        ))}
      </ol>
      <span className="muted">{t('box.sentAfter')}</span>
      {onNow && (
        <button type="button" className="button button-quiet button-small" onClick={onNow}>
          {t('box.stopAndSend')}
        </button>
      )}
      <button type="button" className="button button-quiet button-small" onClick={() => draft.giveBack()}>
        {t('box.takeBack')}
      </button>
    </div>
  );
}
