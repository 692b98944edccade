import { RunReader } from '@perennial/web-client/live';

/** Reads the answers that this page shows, over its live socket. */
export const RUN_READER = new RunReader();
