import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { useLive } from '../chat/live';
import { t } from '../messages';
import { shownTitle } from '../messages/shown-title';
import { usePreferences } from '../preferences/preferences';

/** Shows a notification of the browser when an answer is finished while the page is not in view, if the reader wants it. */
export function AnswerNotices() {
  const { finished } = useLive();
  const wanted = usePreferences().notificationEnabled === true;
  const navigate = useNavigate();
  useEffect(() => {
    if (!wanted || !('Notification' in window)) return;
    return finished.subscribe(() => {
      const chat = finished.get();
      if (!chat || !document.hidden || Notification.permission !== 'granted') return;
      try {
        const notice = new Notification(chat.title === undefined ? t('chat.new') : shownTitle(chat.title), {
          body: t('answer.isFinished'),
          tag: chat.id,
        });
        notice.onclick = () => {
          window.focus();
          void navigate(`/c/${chat.id}`);
          notice.close();
        };
      } catch {
        // Some phones show notifications only by a service worker.
      }
    });
  }, [wanted, finished, navigate]);
  return null;
}
