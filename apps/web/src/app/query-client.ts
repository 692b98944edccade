import { ApiError } from '@perennial/web-client';
import { QueryClient } from '@tanstack/react-query';

/** A refusal (4xx) is not retried; an unavailable server is retried for a while. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 4,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      staleTime: 5_000,
    },
  },
});
