import { lazy, Suspense } from 'react';
import { useSession } from '../auth/use-session';
import { wasSignedIn } from '../boot/signed-in';
import { t } from '../messages';
import { useLanguage } from '../messages/language';
import { Notice } from './notice';

const SignInPage = lazy(async () => ({ default: (await import('../auth/sign-in-page')).SignInPage }));
const WaitingNotice = lazy(() => import('./waiting-notice'));
const loadWorkspace = () => import('./workspace');
// Most who come are signed in: it is loaded while the server is asked who they are.
const atOnce = wasSignedIn() ? loadWorkspace().catch(() => undefined) : undefined;
const Workspace = lazy(async () => (await atOnce) ?? loadWorkspace());

/**
 * The session decides what is shown; a visitor sees the sign-in page at every address and returns to that address afterwards.
 */
export function App() {
  const session = useSession();
  const language = useLanguage();
  const opening = <Notice kind="busy">{t('page.opening')}</Notice>;
  if (session.status === 'loading') return opening;
  if (session.status === 'unreachable') {
    return (
      <Notice kind="problem" onRetry={session.retry}>
        {session.message}
      </Notice>
    );
  }
  if (session.status === 'visitor') {
    return (
      <Suspense fallback={opening}>
        <SignInPage key={language} />
      </Suspense>
    );
  }
  if (session.status === 'present' && session.user.role === 'pending') {
    return (
      <Suspense fallback={opening}>
        <WaitingNotice key={language} onRetry={session.retry} />
      </Suspense>
    );
  }
  return (
    <Suspense fallback={opening}>
      <Workspace user={session.user} isOver={session.status === 'over'} />
    </Suspense>
  );
}
