import './styles/theme.css';
import './styles/layout.css';
import './styles/chat.css';
import './styles/documents.css';
import './styles/sources.css';
import { ApiError } from '@perennial/web-client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app/app';

/** A refusal (4xx) is not retried; an unavailable server is retried for a while. */
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 4,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      staleTime: 5_000,
    },
  },
});

ignoreStrayDrops(window);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <BrowserRouter>
        <App />
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);

/**
 * Ignores files that are dropped outside of all drop zones. A browser would open them, some in place of this page, and unsent text would be
 * lost. The pointer shows it while files are held there.
 */
function ignoreStrayDrops(page: Window): void {
  const ignore = (event: DragEvent): void => {
    // A drop zone that accepts them has called preventDefault by now; dragged text is not ours.
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  page.addEventListener('dragover', ignore);
  page.addEventListener('drop', ignore);
}
