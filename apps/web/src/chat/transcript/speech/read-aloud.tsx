import { spokenText } from '@perennial/web-ui/markdown';
import { t } from '../../../messages';
import { LANGUAGE } from '../../../messages/formats';
import { useStore } from '../../../state/store';
import { Icon } from '../../../ui/icon';
import { showToast } from '../../../ui/toasts';
import { CAN_SPEAK, SPEAKER } from './browser-voice';

/** Reads an answer aloud, or stops; not there where the browser has no voice. */
export function ReadAloud({ messageId, text }: { messageId: string; text: string }) {
  const canSpeak = useStore(CAN_SPEAK);
  const isReading = useStore(SPEAKER.reading) === messageId;
  if (!canSpeak || text === '') return null;
  const read = () => {
    if (isReading) return SPEAKER.stop();
    SPEAKER.read(messageId, spokenText(text), LANGUAGE.get()).catch(() =>
      showToast({ key: 'speech', text: t('answer.notRead') }),
    );
  };
  const name = isReading ? t('answer.stopReading') : t('answer.read');
  return (
    <button type="button" className="action" aria-label={name} title={name} onClick={read}>
      <Icon name={isReading ? 'hush' : 'speak'} />
    </button>
  );
}
