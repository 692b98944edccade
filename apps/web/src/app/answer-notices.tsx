import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { useLive } from '../chat/live';
import { t } from '../messages';
import { shownTitle } from '../messages/shown-title';
import { usePreferences } from '../preferences/preferences';

/** Tells that an answer is finished, if the reader wants it: by a notification of the browser while the page is not in view, by a sound while it is not looked at. */
export function AnswerNotices() {
  const { finished } = useLive();
  const { notificationEnabled: wanted = false, notificationSound: sounds = false } = usePreferences();
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
  useEffect(() => {
    if (!sounds) return;
    return finished.subscribe(() => {
      if (!finished.get() || (!document.hidden && document.hasFocus())) return;
      // Without its file nothing is heard.
      import('../ui/chime').then(({ chime }) => chime()).catch(() => undefined);
    });
  }, [sounds, finished]);
  return null;
}
