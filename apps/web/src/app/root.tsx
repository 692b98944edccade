import { ApiError } from '@perennial/web-client';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { BrowserRouter } from 'react-router';
import { SESSION_KEY } from '../auth/use-session';
import { followSignOut } from '../session/follow-sign-out';
import { PartBoundary } from '../ui/part-boundary';
import { mayAskAgain } from '../wire/ask-again';
import { App } from './app';

/** The session is read again when a request says that it has ended. */
const onError = (error: Error): void => {
  if (error instanceof ApiError && error.sessionOver) void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
};

const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // What the browser says of the line is only a hint.
    mutations: { networkMode: 'always' },
    queries: {
      retry: mayAskAgain,
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
