import type { SessionProfile } from '@perennial/contracts-wire';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes, useNavigate } from 'react-router';
import { AdminArea } from '../admin/admin-area';
import { ChatPage } from '../chat/chat-page';
import { DeletionsProvider } from '../chat/deletions-provider';
import { DraftsProvider } from '../chat/drafts';
import { LiveProvider } from '../chat/live';
import { BaseUploadsProvider } from '../knowledge/base-uploads';
import { useLanguage } from '../messages/language';
import { usePageBehind } from '../settings/use-settings';
import { PartBoundary } from '../ui/part-boundary';
import { withTexts } from '../ui/with-texts';
import { Shell } from './shell';

const SignInAgain = lazy(() => import('../auth/sign-in-again'));
const Settings = lazy(() => withTexts(import('../settings/settings')));
const KnowledgePage = lazy(() => withTexts(import('../knowledge/knowledge-page')));
const FilesPage = lazy(() => withTexts(import('../knowledge/files-page')));
const BasePage = lazy(() => withTexts(import('../knowledge/base-page')));
const ArchivePage = lazy(() => withTexts(import('../chat/organise/archive-page')));

interface WorkspaceProps {
  user: SessionProfile & { token: string };
  /** The session has ended by itself: what is on the page can be gone on with after signing in again. */
  isOver: boolean;
}

/** All that is for people who are signed in. */
export default function Workspace({ user, isOver }: WorkspaceProps) {
  const language = useLanguage();
  const { isOpen: settings, behind } = usePageBehind();
  const navigate = useNavigate();
  const closeSettings = () => void navigate(behind);
  return (
    <LiveProvider key={user.id} token={isOver ? undefined : user.token}>
      <DraftsProvider userId={user.id}>
        <DeletionsProvider>
          <BaseUploadsProvider>
            <Shell key={language} user={user}>
              <PartBoundary of={behind.pathname} isMain>
                <Suspense>
                  <Routes location={behind}>
                    <Route path="/" element={<ChatPage />} />
                    <Route path="/c/:chatId" element={<ChatPage />} />
                    <Route path="/knowledge" element={<KnowledgePage user={user} />} />
                    <Route path="/knowledge/:baseId" element={<BasePage user={user} />} />
                    <Route path="/archive" element={<ArchivePage />} />
                    <Route path="/files" element={<FilesPage />} />
                    <Route path="/admin/*" element={<AdminArea user={user} />} />
                    <Route path="*" element={<Navigate to="/" replace />} />
                  </Routes>
                </Suspense>
              </PartBoundary>
            </Shell>
            <PartBoundary of={String(isOver)}>
              <Suspense>{isOver && <SignInAgain key={language} user={user} />}</Suspense>
            </PartBoundary>
            {settings && (
              <PartBoundary onClose={closeSettings}>
                <Suspense>
                  <Settings user={user} />
                </Suspense>
              </PartBoundary>
            )}
          </BaseUploadsProvider>
        </DeletionsProvider>
      </DraftsProvider>
    </LiveProvider>
  );
}
