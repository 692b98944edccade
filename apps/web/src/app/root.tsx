import { ApiError } from '@perennial/web-client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { BrowserRouter } from 'react-router';
import { App } from './app';

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

/** The page with all that its components need around them. */
export function Root() {
  return (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>
  );
}
