import { MarkdownPartsContext } from '@perennial/web-ui/markdown';
import { Navigate, Route, Routes } from 'react-router';
import { AdminArea } from '../admin/admin-area';
import { SignInPage } from '../auth/sign-in-page';
import { useSession } from '../auth/use-session';
import { ChatPage } from '../chat/chat-page';
import { MARKDOWN_PARTS } from '../chat/citation';
import { DraftsProvider } from '../chat/drafts';
import { LiveProvider } from '../chat/live';
import { BasePage } from '../knowledge/base-page';
import { BaseUploadsProvider } from '../knowledge/base-uploads';
import { KnowledgePage } from '../knowledge/knowledge-page';
import { Notice } from './notice';
import { Shell } from './shell';

/**
 * The session decides what is shown; a visitor sees the sign-in page at every address and returns to that address afterwards.
 */
export function App() {
  const session = useSession();
  if (session.status === 'loading') return <Notice kind="busy">Opening Perennial…</Notice>;
  if (session.status === 'unreachable') {
    return (
      <Notice kind="problem" onRetry={session.retry}>
        {session.message}
      </Notice>
    );
  }
  if (session.status === 'visitor') return <SignInPage />;
  if (session.user.role === 'pending') {
    return (
      <Notice kind="busy" onRetry={session.retry}>
        Your account is waiting for an administrator to let you in.
      </Notice>
    );
  }
  return (
    <LiveProvider token={session.user.token}>
      <DraftsProvider key={session.user.id} userId={session.user.id}>
        <BaseUploadsProvider>
          <Shell user={session.user}>
            <MarkdownPartsContext value={MARKDOWN_PARTS}>
              <Routes>
                <Route path="/" element={<ChatPage />} />
                <Route path="/c/:chatId" element={<ChatPage />} />
                <Route path="/knowledge" element={<KnowledgePage user={session.user} />} />
                <Route path="/knowledge/:baseId" element={<BasePage />} />
                <Route path="/admin/*" element={<AdminArea user={session.user} />} />
                <Route path="*" element={<Navigate to="/" replace />} />
              </Routes>
            </MarkdownPartsContext>
          </Shell>
        </BaseUploadsProvider>
      </DraftsProvider>
    </LiveProvider>
  );
}
