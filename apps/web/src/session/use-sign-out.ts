import { call, routes } from '@perennial/web-client';
import { useQueryClient } from '@tanstack/react-query';
import { leaveSession } from '../auth/use-session';
import { useDeletions } from '../chat/deletions-provider';
import { useDrafts } from '../chat/drafts';
import { DROPPING } from '../chat/dropped';
import { t } from '../messages';
import { showToast } from '../ui/toasts';
import { CHANNEL } from './follow-sign-out';

/** Ends the session, and forgets what this browser has of the account. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const drafts = useDrafts();
  const deletions = useDeletions();
  return async () => {
    // While the session may still do it.
    void deletions.finishAll(false);
    void DROPPING.get().finish(true);
    try {
      await call(routes.auths.signOut, {});
    } catch (error) {
      const reason = error instanceof Error ? error.message : t('error.tryAgain');
      return showToast({ key: 'sign out', text: t('account.stillIn', { reason }) });
    }
    drafts.forget();
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage('');
    channel.close();
    await leaveSession(client);
  };
}
