import { ApiError } from '@perennial/web-client';

/** A refusal (4xx) is not asked for again; an unavailable server is for a while. */
export const mayAskAgain = (failures: number, error: Error): boolean =>
  !(error instanceof ApiError && error.status < 500) && failures < 4;
