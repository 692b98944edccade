import { ApiError } from '@perennial/web-client';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { BrowserRouter } from 'react-router';
import { SESSION_KEY } from '../auth/use-session';
import { followSignOut } from '../session/follow-sign-out';
import { PartBoundary } from '../ui/part-boundary';
import { App } from './app';

/** The session is read again when a request says that it has ended. */
const onError = (error: Error): void => {
  if (error instanceof ApiError && error.sessionOver) void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
};

/** A refusal (4xx) is not retried; an unavailable server is retried for a while. */
const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // What the browser says of the line is only a hint.
    mutations: { networkMode: 'always' },
    queries: {
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 4,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      staleTime: 5_000,
    },
  },
});
followSignOut(queryClient);

/** The page with all that its components need around them. */
export function Root() {
  return (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <PartBoundary isMain>
            <App />
          </PartBoundary>
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>
  );
}
