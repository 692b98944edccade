import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { AdminArea } from '../admin/admin-area';
import { useSession } from '../auth/use-session';
import { ChatPage } from '../chat/chat-page';
import { DeletionsProvider } from '../chat/deletions-provider';
import { DraftsProvider } from '../chat/drafts';
import { LiveProvider } from '../chat/live';
import { BaseUploadsProvider } from '../knowledge/base-uploads';
import { t } from '../messages';
import { useLanguage } from '../messages/language';
import { SETTINGS_OPEN } from '../settings/settings-open';
import { useStore } from '../state/store';
import { PartBoundary } from '../ui/part-boundary';
import { Notice } from './notice';
import { Shell } from './shell';

const SignInPage = lazy(async () => ({ default: (await import('../auth/sign-in-page')).SignInPage }));
const Settings = lazy(() => import('../settings/settings'));
const KnowledgePage = lazy(async () => ({ default: (await import('../knowledge/knowledge-page')).KnowledgePage }));
const BasePage = lazy(async () => ({ default: (await import('../knowledge/base-page')).BasePage }));

/**
 * The session decides what is shown; a visitor sees the sign-in page at every address and returns to that address afterwards.
 */
export function App() {
  const { pathname } = useLocation();
  const session = useSession();
  const language = useLanguage();
  const settings = useStore(SETTINGS_OPEN);
  if (session.status === 'loading') return <Notice kind="busy">{t('page.opening')}</Notice>;
  if (session.status === 'unreachable') {
    return (
      <Notice kind="problem" onRetry={session.retry}>
        {session.message}
      </Notice>
    );
  }
  if (session.status === 'visitor') {
    return (
      <Suspense fallback={<Notice kind="busy">{t('page.opening')}</Notice>}>
        <SignInPage key={language} />
      </Suspense>
    );
  }
  if (session.user.role === 'pending') {
    return (
      <Notice kind="busy" onRetry={session.retry}>
        {t('account.waiting')}
      </Notice>
    );
  }
  return (
    <LiveProvider token={session.user.token}>
      <DraftsProvider key={session.user.id} userId={session.user.id}>
        <DeletionsProvider>
          <BaseUploadsProvider>
            <Shell key={language} user={session.user}>
              <PartBoundary of={pathname} isMain>
                <Suspense>
                  <Routes>
                    <Route path="/" element={<ChatPage />} />
                    <Route path="/c/:chatId" element={<ChatPage />} />
                    <Route path="/knowledge" element={<KnowledgePage user={session.user} />} />
                    <Route path="/knowledge/:baseId" element={<BasePage />} />
                    <Route path="/admin/*" element={<AdminArea user={session.user} />} />
                    <Route path="*" element={<Navigate to="/" replace />} />
                  </Routes>
                </Suspense>
              </PartBoundary>
            </Shell>
            <Suspense>{settings && <Settings onClose={() => SETTINGS_OPEN.set(false)} />}</Suspense>
          </BaseUploadsProvider>
        </DeletionsProvider>
      </DraftsProvider>
    </LiveProvider>
  );
}
