import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes, useNavigate } from 'react-router';
import { AdminArea } from '../admin/admin-area';
import { useSession } from '../auth/use-session';
import { ChatPage } from '../chat/chat-page';
import { DeletionsProvider } from '../chat/deletions-provider';
import { DraftsProvider } from '../chat/drafts';
import { LiveProvider } from '../chat/live';
import { BaseUploadsProvider } from '../knowledge/base-uploads';
import { t } from '../messages';
import { addCatalogue, useLanguage } from '../messages/language';
import { usePageBehind } from '../settings/use-settings';
import { PartBoundary } from '../ui/part-boundary';
import { Notice } from './notice';
import { Shell } from './shell';

const SignInPage = lazy(async () => ({ default: (await import('../auth/sign-in-page')).SignInPage }));
const WaitingNotice = lazy(() => import('./waiting-notice'));
const SignInAgain = lazy(() => import('../auth/sign-in-again'));
const Settings = lazy(async () => {
  const [page, { SETTINGS_TEXTS }] = await Promise.all([
    import('../settings/settings'),
    import('../settings/messages'),
  ]);
  // Without the language's texts they are in English.
  await addCatalogue(SETTINGS_TEXTS).catch(() => undefined);
  return page;
});
async function withKnowledgeTexts<Page>(page: Promise<Page>): Promise<Page> {
  const [loaded, { textsLoaded }] = await Promise.all([page, import('../knowledge/messages')]);
  await textsLoaded;
  return loaded;
}
const KnowledgePage = lazy(async () => ({
  default: (await withKnowledgeTexts(import('../knowledge/knowledge-page'))).KnowledgePage,
}));
const FilesPage = lazy(async () => ({
  default: (await withKnowledgeTexts(import('../knowledge/files-page'))).FilesPage,
}));
const ArchivePage = lazy(async () => {
  const page = await import('../chat/organise/archive-page');
  await page.textsLoaded;
  return page;
});
const BasePage = lazy(async () => ({ default: (await withKnowledgeTexts(import('../knowledge/base-page'))).BasePage }));

/**
 * The session decides what is shown; a visitor sees the sign-in page at every address and returns to that address afterwards.
 */
export function App() {
  const session = useSession();
  const language = useLanguage();
  const { isOpen: settings, behind } = usePageBehind();
  const navigate = useNavigate();
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
  if (session.status === 'present' && session.user.role === 'pending') {
    return (
      <Suspense fallback={<Notice kind="busy">{t('page.opening')}</Notice>}>
        <WaitingNotice key={language} onRetry={session.retry} />
      </Suspense>
    );
  }
  const isOver = session.status === 'over';
  const closeSettings = () => void navigate(behind);
  return (
    <LiveProvider key={session.user.id} token={isOver ? undefined : session.user.token}>
      <DraftsProvider userId={session.user.id}>
        <DeletionsProvider>
          <BaseUploadsProvider>
            <Shell key={language} user={session.user}>
              <PartBoundary of={behind.pathname} isMain>
                <Suspense>
                  <Routes location={behind}>
                    <Route path="/" element={<ChatPage />} />
                    <Route path="/c/:chatId" element={<ChatPage />} />
                    <Route path="/knowledge" element={<KnowledgePage user={session.user} />} />
                    <Route path="/knowledge/:baseId" element={<BasePage user={session.user} />} />
                    <Route path="/archive" element={<ArchivePage />} />
                    <Route path="/files" element={<FilesPage />} />
                    <Route path="/admin/*" element={<AdminArea user={session.user} />} />
                    <Route path="*" element={<Navigate to="/" replace />} />
                  </Routes>
                </Suspense>
              </PartBoundary>
            </Shell>
            <PartBoundary of={String(isOver)}>
              <Suspense>{isOver && <SignInAgain key={language} user={session.user} />}</Suspense>
            </PartBoundary>
            {settings && (
              <PartBoundary onClose={closeSettings}>
                <Suspense>
                  <Settings user={session.user} />
                </Suspense>
              </PartBoundary>
            )}
          </BaseUploadsProvider>
        </DeletionsProvider>
      </DraftsProvider>
    </LiveProvider>
  );
}
