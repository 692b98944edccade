import { useConfig } from '../house/use-config';
import { t } from '../messages';
import { textIn } from '../wire/narrow';
import { Notice } from './notice';
import { NoticeText } from './notice-text';

/** What somebody reads whom an administrator has not let in yet: the administrator's words, or ours. */
export default function WaitingNotice({ onRetry }: { onRetry: () => void }) {
  const { ui = {} } = useConfig().data ?? {};
  const title = textIn(ui, 'pending_user_overlay_title');
  const content = textIn(ui, 'pending_user_overlay_content');
  if (!title && !content) {
    return (
      <Notice kind="busy" onRetry={onRetry}>
        {t('account.waiting')}
      </Notice>
    );
  }
  return (
    <main className="notice">
      <img src="/favicon.svg" alt="" width={48} height={48} />
      {title && <h1 dir="auto">{title}</h1>}
      {content && <NoticeText text={content} />}
      <button type="button" className="button" onClick={onRetry}>
        {t('action.tryAgain')}
      </button>
    </main>
  );
}
